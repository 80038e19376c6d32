import { median } from './measure.ts'
import { aligned } from './table.ts'

/** What was measured again and again while something ran for long. */
export interface Course {
  readonly what: string
  readonly unit: string
  /** At equal distances, oldest first. */
  readonly values: readonly number[]
  /** So much more at the end than after the first quarter is no growth, as a share; and so much in any case. */
  readonly spread: number
  readonly least: number
}

export interface Judged {
  /** Medians of the second quarter and of the last: in the first all is still filling. */
  readonly from: number
  readonly to: number
  readonly verdict: 'flat' | 'grows' | 'too short'
}

/** Whether it has stayed what it was. Less is no growth. Fewer than eight values say nothing. */
export function judge({ values, spread, least }: Course): Judged {
  const quarter = Math.floor(values.length / 4)
  if (quarter < 2) return { from: Number.NaN, to: Number.NaN, verdict: 'too short' }
  const from = median(values.slice(quarter, 2 * quarter))
  const to = median(values.slice(-quarter))
  return { from, to, verdict: to - from <= Math.max(spread * from, least) ? 'flat' : 'grows' }
}

const bars = '▁▂▃▄▅▆▇█'

/** A line of at most `width` characters from the least to the greatest value, each the median of as many values. */
export function sparkline(values: readonly number[], width = 60): string {
  const columns = Math.min(width, values.length)
  const means = Array.from({ length: columns }, (_, at) => {
    const [from, to] = [at, at + 1].map((it) => Math.floor((it * values.length) / columns))
    return median(values.slice(from, to))
  })
  const [low, high] = [Math.min(...means), Math.max(...means)]
  const level = (it: number) => (high > low ? Math.round(((it - low) / (high - low)) * (bars.length - 1)) : 0)
  return means.map((it) => bars[level(it)]).join('')
}

const short = (it: number) => (Number.isInteger(it) ? String(it) : it.toFixed(it < 10 ? 2 : 1))

/** A line of each: from, to, its least and greatest, and its course between these two. */
export function chart(all: readonly Course[]): string {
  const rows = all.map((it) => {
    const { from, to, verdict } = judge(it)
    return [
      ...[it.what, it.unit, short(from), short(to), verdict],
      ...[short(Math.min(...it.values)), sparkline(it.values), short(Math.max(...it.values))],
    ]
  })
  const head = ['', '', 'second quarter', 'last quarter', '', 'least', '', 'greatest']
  return aligned([head, ...rows], new Set([0, 1, 4, 6, 7]))
}
