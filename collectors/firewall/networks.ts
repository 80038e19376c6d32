/** An IP network: its address as a number of `bits` bits, of which the first `prefix` count. */
export interface Network {
  readonly bits: 32 | 128
  readonly address: bigint
  readonly prefix: number
}

/** `10.42.0.0/16`, `192.0.2.1`, `fd00::/8`, and the long masks of `10.0.0.0/255.0.0.0`; undefined for anything else. */
export function network(text: string): Network | undefined {
  const [host = '', mask] = text.split('/', 2)
  const bits = host.includes(':') ? 128 : 32
  const address = bits === 32 ? ipv4(host) : ipv6(host)
  if (address === undefined) return undefined
  if (mask === undefined) return { bits, address, prefix: bits }
  if (/^\d{1,3}$/.test(mask))
    return Number(mask) <= bits ? { bits, address, prefix: Number(mask) } : undefined
  const ones = bits === 32 ? ipv4(mask)?.toString(2) : ipv6(mask)?.toString(2)
  const prefix = ones?.padStart(bits, '0').match(/^(1*)0*$/)?.[1]?.length
  return prefix === undefined ? undefined : { bits, address, prefix }
}

/** Whether all of `inner` lies in `outer`. */
export function contains(outer: Network, inner: Network): boolean {
  if (outer.bits !== inner.bits || outer.prefix > inner.prefix) return false
  const rest = BigInt(outer.bits - outer.prefix)
  return outer.address >> rest === inner.address >> rest
}

function ipv4(text: string): bigint | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((it) => /^\d{1,3}$/.test(it) && Number(it) < 256)) return undefined
  return parts.reduce((sum, it) => sum * 256n + BigInt(it), 0n)
}

function ipv6(text: string): bigint | undefined {
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  if (tail) {
    const low = ipv4(tail[2] ?? '')
    if (low === undefined) return undefined
    return ipv6(`${tail[1]}${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`)
  }
  const [left = '', right, more] = text.split('::')
  if (more !== undefined) return undefined
  const groups = (side: string) => (side ? side.split(':') : [])
  const before = groups(left)
  const after = groups(right ?? '')
  const gap = 8 - before.length - after.length
  if (right === undefined ? gap !== 0 : gap < 1) return undefined
  const all = [...before, ...Array<string>(right === undefined ? 0 : gap).fill('0'), ...after]
  if (!all.every((it) => /^[0-9a-f]{1,4}$/i.test(it))) return undefined
  return all.reduce((sum, it) => sum * 65536n + BigInt(`0x${it}`), 0n)
}
