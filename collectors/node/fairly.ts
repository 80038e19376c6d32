/**
 * Splits a list into the `most` items to keep and the rest. The most serious item of every owner is kept before the
 * second of any owner, so that one pod cannot push out another pod's items, and one user not a pod's. `grave` is higher
 * for more serious items; of equals the earlier is kept. Pure.
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
