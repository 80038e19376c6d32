import type { Owner } from './checks/owners.ts'

export type Family = 'ipv4' | 'ipv6'
export const families: readonly Family[] = ['ipv4', 'ipv6']

/** The kernel keeps two sets of iptables rules side by side, and a packet must pass both. `native`: a table of nftables that no iptables made. */
export type Backend = 'nft' | 'legacy' | 'native'

/**
 * How many rules one owner has in one table, and how many of them stand in the table's built-in chains. The
 * latter hang everything else on the packet's way and do not come and go with pods and services.
 */
export type Cell = readonly [rules: number, anchors: number]

/** By `TABLE OWNER`. */
export type Cells = Readonly<Record<string, Cell>>

/** Rules by owner, greatest first; only those of some families, where `cells` are named by family. */
export function byOwner(
  cells: Cells,
  only?: readonly Family[],
): readonly (readonly [owner: Owner, rules: number])[] {
  const sum = new Map<Owner, number>()
  for (const [place, [rules]] of Object.entries(cells)) {
    if (only && !only.some((it) => place.startsWith(it))) continue
    const owner = ownerIn(place)
    sum.set(owner, (sum.get(owner) ?? 0) + rules)
  }
  return [...sum].filter(([, rules]) => rules > 0).sort((a, b) => b[1] - a[1])
}

/** The last word of a cell's name. */
export const ownerIn = (place: string) => place.slice(place.lastIndexOf(' ') + 1) as Owner

/** All rules in `cells`, of one family or of both. */
export function total(cells: Cells, family?: Family): number {
  let rules = 0
  for (const [place, [count]] of Object.entries(cells))
    if (!family || place.startsWith(family)) rules += count
  return rules
}
