import { median, robustLine } from '../../agent/forecast.ts'

/** When something was how much: seconds since the epoch, and a value. */
export type Point = readonly [second: number, value: number]

/** Points that are kept: with more, every other of the older half goes, so that short and long times fit. */
const most = 24

/** Adds a point; the older ones grow sparse. */
export function addPoint(points: readonly Point[], point: Point): Point[] {
  const last = points.at(-1)
  const all = last && point[0] <= last[0] ? [...points] : [...points, point]
  if (all.length <= most) return all
  return all.filter((_, at) => at === 0 || at >= most / 2 || at % 2 === 0)
}

export interface Forecast {
  /** When it reaches the limit, seconds since the epoch. */
  readonly at: number
  /** What it grows by in a second. */
  readonly rate: number
  /** `likely` where it was watched for as long as is left. */
  readonly sure: 'likely' | 'rough'
}

/** Fewer points say nothing. */
const least = 5
/** Nothing is said of what is further away than it was watched, times this. */
const farthest = 4
/** Smaller rises, as a part of the limit, are noise. */
const smallest = 0.03

/**
 * When the values reach `limit` if they go on as they have, by the robust line through them, which a third of
 * them being off does not move. Undefined where they do not grow steadily: what comes and goes like the teeth
 * of a saw stays below its former peaks. Quicker and stricter than agent/forecast.ts: a container is told of
 * within minutes, and what is given back all at once counts against it.
 */
export function forecast(points: readonly Point[], limit: number): Forecast | undefined {
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
  if (left > farthest * span) return undefined
  return { at: Math.round(last[0] + left), rate, sure: left <= span ? 'likely' : 'rough' }
}
