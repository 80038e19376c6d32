/** A table and a chain of it as nft takes them, `inet mine in`; undefined for other names: they are foreign. Pure. */
export function nftPlace(table: string | undefined, chain: string | undefined): string | undefined {
  if (table === undefined || chain === undefined) return undefined
  const place = `${table} ${chain}`
  return /^(?:inet|ip6?) [a-zA-Z][\w.-]{0,63} [a-zA-Z][\w.-]{0,63}$/.test(place) ? place : undefined
}
