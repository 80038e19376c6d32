import { aligned } from './table.ts'

/** How what something costs grows with its work. */
export interface Grown {
  /** Whose cost: `firewall`. */
  readonly of: string
  /** `rules` */
  readonly work: string
  /** Work and what it cost, ms of CPU: of a common node, ten and a hundred times of it. */
  readonly points: readonly Point[]
  /** A bound of Murphy's own: more than so much is not looked at, and said. */
  readonly bound?: { readonly most: number; readonly what: string }
}

export interface Point {
  readonly work: number
  readonly cost: number
}

/** By which power of the work the cost grows between two points: 1 is linear, 0 none. */
export const exponent = (from: Point, to: Point): number =>
  Math.log(to.cost / from.cost) / Math.log(to.work / from.work)

/** Measuring is not better than that. */
const tolerance = 0.15

/** Whether the steepest step is steeper than linear. What costs less than that in all, ms, is not worth a word. */
const negligible = 2
export function isWorse({ points }: Grown): boolean {
  return points.some((to, at) => {
    const from = points[at - 1]
    return from !== undefined && to.cost > negligible && exponent(from, to) > 1 + tolerance
  })
}

const short = (it: number) => (it >= 100 ? it.toFixed(0) : it >= 10 ? it.toFixed(1) : it.toFixed(2))

/** A line of each: work and cost at each step, the exponents between, and a bound where it cuts. */
export function growthTable(all: readonly Grown[]): string {
  const rows = all.map((it) => [
    ...[it.of, it.work],
    ...it.points.map(({ work, cost }) => `${work.toLocaleString('en')}: ${short(cost)} ms`),
    it.points
      .flatMap((to, at) => {
        const from = it.points[at - 1]
        return from ? [exponent(from, to).toFixed(2)] : []
      })
      .join(', '),
    isWorse(it) ? 'WORSE' : 'at most linear',
    it.bound ? `${it.bound.most.toLocaleString('en')}: ${it.bound.what}` : '',
  ])
  const head = ['', 'work', 'common node', 'x 10', 'x 100', 'exponents', '', 'bound']
  return aligned([head, ...rows], new Set([0, 1, 6, 7]))
}
