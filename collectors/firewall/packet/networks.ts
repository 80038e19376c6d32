/**
 * An IP network: its address as 32-bit words, one for IPv4 and four for IPv6, of which the first `prefix` bits count.
 */
export interface Network {
  readonly bits: 32 | 128
  readonly words: readonly number[]
  readonly prefix: number
}

/**
 * Parses `10.42.0.0/16`, `192.0.2.1`, `fd00::/8` and long masks as in `10.0.0.0/255.0.0.0`; undefined for anything
 * else.
 */
export function network(text: string): Network | undefined {
  const slash = text.indexOf('/')
  const host = slash < 0 ? text : text.slice(0, slash)
  const mask = slash < 0 ? undefined : text.slice(slash + 1)
  const bits = host.includes(':') ? 128 : 32
  const words = bits === 32 ? ipv4(host) : ipv6(host)
  if (words === undefined) return undefined
  if (mask === undefined) return { bits, words, prefix: bits }
  const prefix = /^\d{1,3}$/.test(mask) ? Number(mask) : ones(bits === 32 ? ipv4(mask) : ipv6(mask))
  return prefix === undefined || prefix > bits ? undefined : { bits, words, prefix }
}

/** The length of a mask; undefined if its set bits are not all at the beginning. */
const ones = (mask: readonly number[] | undefined) =>
  mask
    ?.map((it) => it.toString(2).padStart(32, '0'))
    .join('')
    .match(/^(1*)0*$/)?.[1]?.length

/** Whether all of `inner` lies in `outer`. */
export function contains(outer: Network, inner: Network): boolean {
  if (outer.bits !== inner.bits || outer.prefix > inner.prefix) return false
  for (let [at, left] = [0, outer.prefix]; left > 0; at += 1, left -= 32) {
    const differs = (outer.words[at] ?? 0) ^ (inner.words[at] ?? 0)
    if (left >= 32 ? differs !== 0 : differs >>> (32 - left) !== 0) return false
  }
  return true
}

/** The networks that make up all addresses from one to another, smallest address first; empty where one is none. */
export function networksOf(from: string, to: string): readonly Network[] {
  const [first, last] = [network(from), network(to)]
  if (!first || !last || first.bits !== last.bits) return []
  const { bits } = first
  const number = (it: Network) => it.words.reduce((sum, word) => (sum << 32n) | BigInt(word >>> 0), 0n)
  const found: Network[] = []
  const end = number(last)
  for (let at = number(first); at <= end; ) {
    let free = 0
    while (free < bits && (at & (1n << BigInt(free))) === 0n && at + (2n << BigInt(free)) - 1n <= end)
      free += 1
    const words = Array.from({ length: bits / 32 }, (_, index) =>
      Number((at >> BigInt(bits - 32 * (index + 1))) & 0xffffffffn),
    )
    found.push({ bits, words, prefix: bits - free })
    at += 1n << BigInt(free)
  }
  return found
}

/** Reads character by character, without splitting, since there may be an address in every rule. */
function ipv4(text: string): [number] | undefined {
  let [address, part, digits, parts] = [0, 0, 0, 1]
  for (let at = 0; at < text.length; at += 1) {
    const digit = text.charCodeAt(at) - 48
    if (digit >= 0 && digit <= 9) {
      part = part * 10 + digit
      digits += 1
      if (digits > 3 || part > 255) return undefined
    } else {
      if (text[at] !== '.' || digits === 0) return undefined
      address = address * 256 + part
      parts += 1
      part = 0
      digits = 0
    }
  }
  return parts === 4 && digits > 0 ? [address * 256 + part] : undefined
}

function ipv6(text: string): number[] | undefined {
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  if (tail) {
    const [low] = ipv4(tail[2] ?? '') ?? []
    if (low === undefined) return undefined
    return ipv6(`${tail[1]}${(low >>> 16).toString(16)}:${(low & 0xffff).toString(16)}`)
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
  return [0, 2, 4, 6].map((at) =>
    Number.parseInt(`${all[at]?.padStart(4, '0')}${all[at + 1]?.padStart(4, '0')}`, 16),
  )
}
