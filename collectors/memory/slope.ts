import { median, robustLine } from '../../agent/core/forecast.ts'

/** When something was how much: seconds since the epoch, and a value. */
export type Point = readonly [second: number, value: number]

/** Points that are kept, so that the last minutes and the last days fit. */
const most = 24
const hour = 3600
const day = 24 * hour
/** What is used breathes by the day and by the week: the highest of each day is remembered for so many. */
const daysOfHighs = 8

/**
 * Adds a point. The older they are the farther apart they stand: of too many, the two that are closest together
 * for their age become one.
 */
export function addPoint(points: readonly Point[], point: Point): Point[] {
  const [now] = point
  // The clock may have been ahead.
  const all = [...points.filter(([second]) => second < now), point]
  if (all.length <= most) return all
  const closeness = all.slice(1, -1).map(([second], at) => (second - (all[at]?.[0] ?? 0)) / (now - second))
  return all.toSpliced(1 + closeness.indexOf(Math.min(...closeness)), 1)
}

/** The highest value of each day and when it was, with one more. */
export function addHigh(highs: readonly Point[], point: Point): Point[] {
  const [now, value] = point
  const known = highs.filter(([second]) => second <= now && now - second < daysOfHighs * day)
  const last = known.at(-1)
  if (!last || Math.floor(last[0] / day) !== Math.floor(now / day)) return [...known, point]
  return value > last[1] ? [...known.slice(0, -1), point] : known
}

export interface Forecast {
  /** When it reaches the limit, seconds since the epoch. */
  readonly at: number
  /** What it grows by in a second. */
  readonly rate: number
  /** `likely` where it was watched for as long as is left. */
  readonly confidence: 'likely' | 'rough'
}

/** Fewer points say nothing. */
const least = 5
/** Nothing is said of what is further away than it was watched, times this. */
const farthest = 4
/** Smaller rises, as a part of the limit, are noise. */
const smallest = 0.03
/** What leaves more time than this, seconds, can wait until it is known not to be the rise of every morning. */
const pressing = 3 * hour

/**
 * When the values reach `limit` if they go on as they have, by the robust line through them, which a third of
 * them being off does not move. Undefined where they do not grow steadily: what comes and goes like the teeth
 * of a saw stays below its former peaks. Quicker and stricter than agent/core/forecast.ts: a container is told of
 * within minutes, and what is given back all at once counts against it.
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
  // Whoever gives back a tenth of its limit at once does so again: collectors of garbage, caches, batches.
  const teeth = steps.some((it) => it < -0.1 * limit)
  if (teeth || off > 0.15 * rate * span || last[1] < peak - 0.02 * limit || falls > steps.length / 5)
    return undefined
  const left = Math.max(0, (limit - level) / rate)
  if (left > farthest * span || !isNew(highs, last, limit, left)) return undefined
  return { at: Math.round(last[0] + left), rate, confidence: left <= span ? 'likely' : 'rough' }
}

/**
 * Whether it is fuller than it ever was, and not as every day or every Monday: a rise that ends where that of the
 * day before did is the rhythm of the load. What leaves time is told once it has risen from day to day, twice.
 */
function isNew(highs: readonly Point[], [now, value]: Point, limit: number, left: number): boolean {
  const before = (age: number) =>
    Math.max(...highs.flatMap(([second, it]) => (now - second >= age ? [it] : [])))
  if (left <= pressing) return value > before(6 * hour)
  const [yesterday, theDayBefore] = [before(day), before(2 * day)]
  const step = smallest * limit
  return Number.isFinite(theDayBefore) && value >= yesterday + step && yesterday >= theDayBefore + step
}
