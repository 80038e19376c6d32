import { day, hour, second } from '../../agent/text/times.ts'
import { median, robustLine } from '../node/forecast.ts'

/** A value at a time: seconds since the epoch, and the value. */
export type Point = readonly [second: number, value: number]

/** How many points are kept, for the last minutes and the last days together. */
const most = 24
const [hourInSeconds, dayInSeconds] = [hour / second, day / second]
/** Memory use has a rhythm of days and weeks: the highest value of each day is kept for this many days. */
const daysOfHighs = 8

/**
 * Adds a point. Older points are kept at greater distances: if there are too many, the two that are closest together
 * for their age are merged.
 */
export function addPoint(points: readonly Point[], point: Point): Point[] {
  const [now] = point
  // The clock may have been ahead, so later points are dropped.
  const all = [...points.filter(([second]) => second < now), point]
  if (all.length <= most) return all
  const closeness = all.slice(1, -1).map(([second], at) => (second - (all[at]?.[0] ?? 0)) / (now - second))
  return all.toSpliced(1 + closeness.indexOf(Math.min(...closeness)), 1)
}

/** The highest value of each day and its time, with one more point added. */
export function addHigh(highs: readonly Point[], point: Point): Point[] {
  const [now, value] = point
  const known = highs.filter(([second]) => second <= now && now - second < daysOfHighs * dayInSeconds)
  const last = known.at(-1)
  if (!last || Math.floor(last[0] / dayInSeconds) !== Math.floor(now / dayInSeconds)) return [...known, point]
  return value > last[1] ? [...known.slice(0, -1), point] : known
}

export interface Forecast {
  /** When it reaches the limit, seconds since the epoch. */
  readonly at: number
  /** Growth of the value in a second. */
  readonly rate: number
  /** `likely` if it was observed for at least as long as the time left. */
  readonly confidence: 'likely' | 'rough'
}

/** Points needed for a forecast. */
const least = 5
/** A forecast may reach this many times as far ahead as the value was observed. */
const farthest = 4
/** Smaller rises, as a part of the limit, are noise. */
const smallest = 0.03
/**
 * A limit that is further away than this, seconds, is reported only once it is known not to be the rise of every
 * morning.
 */
const pressing = 3 * hourInSeconds

/**
 * When the values reach `limit` if they go on as they have: a robust line through them, which stays the same even if a
 * third of them are off. Undefined where they do not grow steadily: a sawtooth stays below its earlier peaks. Faster
 * and stricter than collectors/node/forecast.ts: a container is reported within minutes, and memory given back all at once
 * counts against a forecast.
 */
export function forecast(
  points: readonly Point[],
  limit: number,
  highs: readonly Point[] = [],
): Forecast | undefined {
  const [first, last] = [points[0], points.at(-1)]
  if (points.length < least || !first || !last) return undefined
  const line = robustLine(points.map(([at, value]) => ({ at, value })))
  const span = last[0] - first[0]
  if (!line || !(line.slope * span > smallest * limit)) return undefined
  const { slope: rate, level } = line
  const off = median(points.map(([second, value]) => Math.abs(value - level + rate * (last[0] - second))))
  const peak = Math.max(...points.map(([, value]) => value))
  const steps = points.slice(1).map(([, value], at) => value - (points[at]?.[1] ?? value))
  const falls = steps.filter((it) => it < -0.02 * limit).length
  // A program that gives back a tenth of its limit at once will do so again: garbage collectors, caches, batches.
  const teeth = steps.some((it) => it < -0.1 * limit)
  if (teeth || off > 0.15 * rate * span || last[1] < peak - 0.02 * limit || falls > steps.length / 5)
    return undefined
  const left = Math.max(0, (limit - level) / rate)
  if (left > farthest * span || !isNew(highs, last, limit, left)) return undefined
  return { at: Math.round(last[0] + left), rate, confidence: left <= span ? 'likely' : 'rough' }
}

/**
 * Whether the value is higher than ever, and not just as high as every day or every Monday: a rise that ends where
 * yesterday's ended is the rhythm of the load. With more than `pressing` left, it must have risen from day to day
 * twice.
 */
function isNew(highs: readonly Point[], [now, value]: Point, limit: number, left: number): boolean {
  const before = (age: number) =>
    Math.max(...highs.flatMap(([second, it]) => (now - second >= age ? [it] : [])))
  if (left <= pressing) return value > before(6 * hourInSeconds)
  const [yesterday, theDayBefore] = [before(dayInSeconds), before(2 * dayInSeconds)]
  const step = smallest * limit
  return Number.isFinite(theDayBefore) && value >= yesterday + step && yesterday >= theDayBefore + step
}
