import { percentile } from './measure.ts'

/** One line: what was measured, beside its budget and beside a floor measured in the same run. */
export interface Row {
  readonly what: string
  readonly unit: 'ms' | 'MB' | '%'
  readonly values: readonly number[]
  readonly budget?: number
  /** What the same costs without Murphy, on this machine, in this run. */
  readonly floor?: { readonly what: string; readonly value: number }
  /** How many times its floor the p50 may be. */
  readonly most?: number
  /** What could not be measured. */
  readonly missed?: readonly string[]
}

export interface Figures {
  readonly what: string
  readonly unit: string
  readonly count: number
  readonly p50?: number
  readonly p99?: number
  readonly budget?: number
  readonly floor?: number
  readonly floorOf?: string
  /** p50 by the floor. */
  readonly ratio?: number
  readonly most?: number
  readonly missed: readonly string[]
}

export function figures({ what, unit, values, budget, floor, most, missed = [] }: Row): Figures {
  const p50 = percentile(values, 0.5)
  const p99 = percentile(values, 0.99)
  return {
    what,
    unit,
    count: values.length,
    ...(p50 !== undefined && { p50 }),
    ...(p99 !== undefined && { p99 }),
    ...(budget !== undefined && { budget }),
    ...(floor && { floor: floor.value, floorOf: floor.what }),
    ...(floor && p50 !== undefined && floor.value > 0 && { ratio: p50 / floor.value }),
    ...(most !== undefined && { most }),
    missed: values.length === 0 && missed.length === 0 ? [what] : missed,
  }
}

/** Three digits that count. */
const short = (it: number | undefined) =>
  it === undefined ? '' : it >= 100 ? it.toFixed(0) : it >= 10 ? it.toFixed(1) : it.toFixed(it >= 1 ? 2 : 3)

/** The columns of `cells`. */
export const head = ['', 'p50', 'p99', 'n', '', 'budget', '', 'p50/floor', 'floor']

/** A row of the table. */
export const cells = (it: Figures): readonly string[] => [
  it.what,
  short(it.p50),
  it.count > 1 ? short(it.p99) : '',
  String(it.count),
  it.unit,
  it.budget === undefined ? '' : `${it.budget}`,
  verdict(it),
  it.ratio === undefined ? '' : `${it.ratio.toFixed(1)} x${it.most === undefined ? '' : `, most ${it.most}`}`,
  it.floor === undefined ? '' : `${short(it.floor)} ${it.unit}: ${it.floorOf}`,
]

export const table = (rows: readonly Figures[]): string =>
  aligned([head, ...rows.map(cells)], new Set([0, 4, 6, 8]))

/** Rows of as many cells each, one below the other; the columns `left` begin at the left, the others end at the right. */
export function aligned(rows: readonly (readonly string[])[], left: ReadonlySet<number>): string {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)))
  const draw = (row: readonly string[]) =>
    row
      .map((it, at) => (left.has(at) ? it.padEnd(widths[at] ?? 0) : it.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd()
  return rows.map(draw).join('\n')
}

/** Whether its budget is missed; budgets hold for the p99, those against a floor for the p50. */
export const isOver = ({ budget, p99, ratio, most }: Figures): boolean =>
  (budget !== undefined && p99 !== undefined && p99 > budget) ||
  (most !== undefined && ratio !== undefined && ratio > most)

const verdict = (it: Figures) =>
  it.budget === undefined || it.p99 === undefined ? '' : isOver(it) ? 'over' : 'within'
