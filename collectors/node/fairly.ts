/**
 * The `most` that are kept of many, and the rest: the gravest of each owner before the second of any, so that no pod can push
 * out another's, and no user a pod's. `grave` is higher the graver it is; of two alike the earlier stays. Pure.
 */
export function fairly<T>(
  all: readonly T[],
  most: number,
  ownerOf: (it: T) => string,
  grave: (it: T) => number,
): { readonly kept: readonly T[]; readonly left: readonly T[] } {
  if (all.length <= most) return { kept: all, left: [] }
  const turn = new Map<T, number>()
  for (const its of Map.groupBy(all, ownerOf).values())
    for (const [at, it] of its.toSorted((a, b) => grave(b) - grave(a)).entries()) turn.set(it, at)
  const order = all.toSorted((a, b) => (turn.get(a) ?? 0) - (turn.get(b) ?? 0) || grave(b) - grave(a))
  const kept = new Set(order.slice(0, most))
  return { kept: all.filter((it) => kept.has(it)), left: all.filter((it) => !kept.has(it)) }
}
