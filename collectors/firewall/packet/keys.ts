import type { Family } from '../cells.ts'
import { isOnInterface, isWithin, type Match, type Origin, type Probe } from './match.ts'
import { type Network, network, networksOf } from './networks.ts'

/*
 * What nftables rules can ask about, as `nft -j` prints it (libnftables-json(5)): the left side of a match, and how a
 * value on its right is held against a packet.
 */

/** Any value of that JSON. */
export type Json = unknown
type Fields = Readonly<Record<string, Json>>
export const fieldsOf = (it: Json): Fields => (typeof it === 'object' && it !== null ? (it as Fields) : {})

/** The networks and interfaces that a condition names. */
export type Names = Readonly<Partial<Record<keyof Origin, readonly string[]>>>
const certain = (holds: boolean): Match => (holds ? 'yes' : 'no')

/** How one value of a rule is held against a packet; undefined: that cannot be told. */
type Test = (value: Json) => ((probe: Probe) => Match) | undefined

/** What a rule asks about. */
export interface Key {
  readonly test: Test
  /** Whether the packet has that header at all. */
  readonly there?: (probe: Probe) => boolean
  readonly names?: (value: Json) => Names
}

/** `80`, `{"range": [80, 90]}` */
const numeric =
  (of: (probe: Probe) => number): Test =>
  (value) => {
    const [from, to] = rangeOf(value)
    if (!Number.isInteger(from) || !Number.isInteger(to)) return undefined
    return (probe) => certain(of(probe) >= from && of(probe) <= to)
  }

function rangeOf(value: Json): readonly [number, number] {
  const { range } = fieldsOf(value)
  if (Array.isArray(range)) return [Number(range[0]), Number(range[1])]
  return typeof value === 'number' ? [value, value] : [Number.NaN, Number.NaN]
}

/** Whether a value is one of these words. */
export const one =
  (...of: readonly string[]) =>
  (value: Json): boolean =>
    of.includes(String(value))

/** A word, of which the packet may have one of several. */
const word =
  (of: (probe: Probe) => readonly string[]): Test =>
  (value) =>
  (probe) =>
    certain(one(...of(probe))(value))

/** Networks of an element: an address, a prefix, a range. */
function addressesIn(value: Json): readonly Network[] {
  const { prefix, range } = fieldsOf(value)
  if (Array.isArray(range)) return networksOf(String(range[0]), String(range[1]))
  const { addr, len } = fieldsOf(prefix)
  const found = network(prefix === undefined ? String(value) : `${addr}/${len}`)
  return found ? [found] : []
}

const textOf = ({ bits, words, prefix }: Network) =>
  `${
    bits === 32
      ? [24, 16, 8, 0].map((by) => ((words[0] ?? 0) >>> by) & 255).join('.')
      : words.flatMap((it) => [(it >>> 16).toString(16), (it & 0xffff).toString(16)]).join(':')
  }/${prefix}`

const address = (end: 'from' | 'to', family: Family): Key => ({
  test: (value) => {
    const wanted = addressesIn(value)
    if (wanted.length === 0) return undefined
    return (probe) => {
      const all = wanted.map((it) => isWithin(it, end, probe))
      return all.includes('yes') ? 'yes' : all.includes('maybe') ? 'maybe' : 'no'
    }
  },
  names: (value) => {
    const { prefix, range } = fieldsOf(value)
    const { addr, len } = fieldsOf(prefix)
    const whole = prefix === undefined ? String(value) : `${addr}/${len}`
    const all = addressesIn(value).filter((it) => it.bits === (family === 'ipv4' ? 32 : 128))
    return { [end]: all.map((it) => (range === undefined ? whole : textOf(it))) }
  },
})

const nameOf = (value: Json) => String(value).replace(/\*$/, '+')
const onInterface = (end: 'on' | 'off'): Key => ({
  test: (value) => (probe) => isOnInterface(nameOf(value), end, probe),
  ...(end === 'on' && { names: (value: Json) => ({ on: [nameOf(value)] }) }),
})

const state: Test = (value) => (probe) => {
  if (one('new', 'established')(value))
    return certain((value === 'established') === (probe.established === true))
  return value === 'untracked' ? 'maybe' : 'no'
}
const status: Test = (value) => (probe) => {
  if (value === 'dnat') return probe.dnat ?? 'maybe'
  if (one('seen-reply', 'assured', 'confirmed')(value)) return 'maybe'
  return value === 'expected' ? 'no' : 'maybe'
}
const local: Test =
  (value) =>
  ({ way }) =>
    one('local', 'unicast', 'broadcast', 'multicast', 'anycast')(value)
      ? certain(value === (way === undefined ? 'local' : 'unicast'))
      : 'maybe'

/** Whoever connects is taken to have its way back by where it came in. */
const wayBack: Test = (value) => (value === false ? () => 'no' : undefined)

/** What a rule asks about, `left` of a match; undefined where it is not known here. */
export function keyOf(left: Json, family: Family): Key | 'never' | undefined {
  const { payload, meta, ct, fib } = fieldsOf(left)
  if (payload !== undefined) return payloadKey(fieldsOf(payload), family)
  const { key, dir } = fieldsOf(meta ?? ct)
  if (meta !== undefined) return metaKeys(family)[String(key)]
  if (ct !== undefined)
    return dir !== undefined ? undefined : { state: { test: state }, status: { test: status } }[String(key)]
  const { result, flags } = fieldsOf(fib)
  const flagged = Array.isArray(flags) ? flags : [flags]
  if (result === 'oif' && flagged.includes('saddr') && flagged.includes('iif')) return { test: wayBack }
  if (result === 'type' && flagged.includes('daddr')) return { test: local }
  return undefined
}

const metaKeys = (family: Family): Readonly<Partial<Record<string, Key>>> => ({
  iifname: onInterface('on'),
  iif: onInterface('on'),
  oifname: onInterface('off'),
  oif: onInterface('off'),
  l4proto: { test: word(({ protocol }) => (protocol === 'tcp' ? ['tcp', '6'] : ['udp', '17'])) },
  nfproto: { test: word(() => [family, family === 'ipv4' ? '2' : '10']) },
  protocol: { test: word(() => [family === 'ipv4' ? 'ip' : 'ip6']) },
  pkttype: {
    test:
      (value) =>
      ({ way }) =>
        way === 'out' ? 'maybe' : certain(one('unicast', 'host')(value)),
  },
})

function payloadKey({ protocol, field }: Fields, family: Family): Key | 'never' | undefined {
  const name = `${protocol} ${field}`
  const own = family === 'ipv4' ? 'ip' : 'ip6'
  if (protocol === own) {
    if (field === 'saddr') return address('from', family)
    if (field === 'daddr') return address('to', family)
    return one('ip protocol', 'ip6 nexthdr')(name) ? metaKeys(family).l4proto : undefined
  }
  if (
    one(
      'ip',
      'ip6',
      'icmp',
      'icmpv6',
      'sctp',
      'dccp',
      'udplite',
      'esp',
      'ah',
      'comp',
      'igmp',
      'arp',
    )(protocol)
  )
    return 'never'
  if (!one('tcp', 'udp', 'th')(protocol)) return undefined
  const there = (probe: Probe) => protocol === 'th' || probe.protocol === protocol
  if (field === 'dport') return { test: numeric(({ port }) => port), there }
  // Nobody knows from which port, nor what else the header holds.
  return { test: () => () => 'maybe', there }
}
