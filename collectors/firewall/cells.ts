import type { Owner } from './dump/owners.ts'

export type Family = 'ipv4' | 'ipv6'
export const families: readonly Family[] = ['ipv4', 'ipv6']

/**
 * The kernel keeps two sets of iptables rules, `nft` and `legacy`; a packet must pass both. `native`: an nftables table
 * that iptables did not create.
 */
export type Backend = 'nft' | 'legacy' | 'native'

/**
 * How many rules one owner has in one table, and how many of these are in the table's built-in chains ("anchors"). The
 * anchors lead packets to all other chains, and do not come and go with pods and services.
 */
export type Cell = readonly [rules: number, anchors: number]

/** By `TABLE OWNER`. */
export type Cells = Readonly<Record<string, Cell>>

/** Rules by owner, most rules first; only those of some families, where the names in `cells` begin with the family. */
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

/** The owner, which is the last word of a cell's name. */
export const ownerIn = (place: string) => place.slice(place.lastIndexOf(' ') + 1) as Owner

/** Its family and table, which stand before the owner: `ipv4 nat`. */
export const tableIn = (place: string) => place.slice(0, place.lastIndexOf(' '))

/** The cells of some tables, named as by `tableIn`. */
export const inTables = (cells: Cells, tables: readonly string[]): Cells =>
  Object.fromEntries(Object.entries(cells).filter(([place]) => tables.includes(tableIn(place))))

/** All rules in `cells`, of one family or of both. */
export function total(cells: Cells, family?: Family): number {
  let rules = 0
  for (const [place, [count]] of Object.entries(cells))
    if (!family || place.startsWith(family)) rules += count
  return rules
}
