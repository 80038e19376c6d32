import type { Point } from '../../agent/model/index.ts'
import { day, hour } from '../../agent/text/times.ts'

/** When a series reaches a limit if its trend continues. */
export interface Forecast {
  readonly at: number
  /** `likely`: it rose steadily, for long enough to look that far ahead. */
  readonly confidence: 'likely' | 'rough'
  /** Growth a day, in the unit of the series. */
  readonly daily: number
}

/** More points add nothing, and the number of pairs grows with their square. */
const mostPoints = 100
const fewest = 8
const enough = 24
/** Least Kendall's tau (see `Line`): a single step up gives 0.5, ups and downs about 0; neither is a trend. */
const rising = 0.6
const steady = 0.8
/** How far ahead a forecast is `likely`, and how far one is made at all, in lengths of the series. */
const likelyAhead = 3
const farthest = 10

/** A straight line through points, robust against outliers, gaps and uneven spacing. */
export interface Line {
  /** Rise per unit of `at`: the median of the slopes between all pairs of points (Theil 1950, Sen 1968). */
  readonly slope: number
  /** Its value at the last point: the median of all points, each moved there along the slope. */
  readonly level: number
  /** Kendall's tau: 1 where every later value is higher, -1 where every one is lower. */
  readonly tau: number
}

/** Points are oldest first, a few hundred at most (the cost is quadratic). Undefined for fewer than two times. Pure. */
export function robustLine(points: readonly Point[]): Line | undefined {
  const last = points.at(-1)
  const slopes: number[] = []
  let rises = 0
  for (const [index, a] of points.entries())
    for (const b of points.slice(index + 1)) {
      if (b.at === a.at) continue
      slopes.push((b.value - a.value) / (b.at - a.at))
      rises += Math.sign(b.value - a.value)
    }
  if (!last || slopes.length === 0) return undefined
  const slope = median(slopes)
  const level = median(points.map(({ at, value }) => value + slope * (last.at - at)))
  return { slope, level, tau: rises / slopes.length }
}

/**
 * When the robust line through the points reaches the limit. Points are oldest first. Undefined where the series
 * does not rise, rises in one step, goes up and down, is shorter than `least` ms, or is too short to look that far
 * ahead. Pure.
 */
export function forecast(
  series: readonly Point[],
  limit: number,
  now: number,
  { least = hour }: { readonly least?: number } = {},
): Forecast | undefined {
  const points = thinned(series.filter((it) => Number.isFinite(it.value) && it.at <= now))
  const first = points[0]
  const last = points.at(-1)
  if (!first || !last || points.length < fewest || last.at - first.at < least) return undefined
  const line = robustLine(points)
  if (!line || line.slope <= 0 || line.tau < rising) return undefined
  const { slope, level, tau } = line
  const ahead = Math.max(0, (limit - level) / slope - (now - last.at))
  const length = last.at - first.at
  if (ahead > farthest * length) return undefined
  const likely = tau >= steady && points.length >= enough && ahead <= likelyAhead * length
  return { at: now + ahead, confidence: likely ? 'likely' : 'rough', daily: slope * day }
}

/**
 * At most `mostPoints` means over equal spans of time, so that recent points, which are stored more densely, do not
 * outweigh old ones.
 */
function thinned(points: readonly Point[]): readonly Point[] {
  const [first] = points
  const last = points.at(-1)
  if (!first || !last || points.length <= mostPoints) return points
  const width = (last.at - first.at) / mostPoints || 1
  const buckets = new Map<number, { at: number; value: number; count: number }>()
  for (const { at, value } of points) {
    const key = Math.min(mostPoints - 1, Math.floor((at - first.at) / width))
    const it = buckets.get(key) ?? { at: 0, value: 0, count: 0 }
    buckets.set(key, { at: it.at + at, value: it.value + value, count: it.count + 1 })
  }
  return [...buckets.values()].map(({ at, value, count }) => ({ at: at / count, value: value / count }))
}

/** The value in the middle, or the mean of the two; 0 of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const high = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? 0) + high) / 2
}
