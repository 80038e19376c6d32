import { contains, type Network, network } from './networks.ts'

/** Whether a rule's condition holds for a packet. `maybe`: that depends on something not known here. */
export type Match = 'yes' | 'no' | 'maybe'

/**
 * Where a connection comes from and goes to, as finely as rules distinguish: addresses inside these networks, but
 * outside any smaller network that a rule names.
 */
export interface Origin {
  readonly from: Network
  readonly to: Network
  /** One interface, or all whose names begin like that: `eth+`. */
  readonly on: string
}

/** Where a packet goes: to the node's own sockets, through the node, or out of its own sockets. */
export type Way = 'in' | 'forward' | 'out'

/**
 * A packet: the first of its connection, unless `established`. Where nothing else is said, one from outside to one of
 * the node's addresses.
 */
export interface Probe {
  readonly protocol: 'tcp' | 'udp'
  readonly port: number
  /** Networks to and from which no outside machine connects: loopback, pods, services. */
  readonly inside: readonly Network[]
  /** Absent: `in`. */
  readonly way?: Exclude<Way, 'in'>
  /** Set where its source is in one of these networks, and its destination in one of those: any address of them. */
  readonly from?: readonly Network[]
  readonly to?: readonly Network[]
  /** The interfaces by which it comes and leaves, where they are known. */
  readonly on?: string
  readonly off?: string
  /** Whether DNAT has changed its destination, as that of a packet to a service. Absent: that is not known. */
  readonly dnat?: Match
  /** The bits of its mark that may be set when it arrives. Absent: none. */
  readonly marks?: number
  /** A later packet of a connection, after the node has answered. It must pass too, or the connection is useless. */
  readonly established?: true
  /** Absent: from anywhere. */
  readonly origin?: Origin
}

/** `marks`: the bits of the packet's mark that earlier rules may have set. */
export type Condition = (probe: Probe, marks: number) => Match

type Maker = (values: readonly string[], not: boolean) => Condition | undefined

const unknown: Condition = () => 'maybe'
const flip = { yes: 'no', no: 'yes', maybe: 'maybe' } as const
const when = (not: boolean, test: Condition): Condition =>
  not ? (probe, marks) => flip[test(probe, marks)] : test
const certain = (holds: boolean): Match => (holds ? 'yes' : 'no')

/** Interfaces by which packets come only from this node and its own pods and containers. */
const insideInterface =
  /^(lo|cni0|cbr0|docker0|br-.*|virbr.*|podman.*|lxdbr.*|flannel.*|veth.*|cali.*|kube-.*)$/

/** Whether one interface, or all of `eth+`, are among those that `pattern` names. */
export const isOn = (pattern: string, name: string) =>
  pattern === name || (pattern.endsWith('+') && name.startsWith(pattern.slice(0, -1)))
export const isInside = (name: string) => insideInterface.test(name)

/** Whether a packet comes or leaves by the interface that a rule names: `eth0`, or `eth+` for all that begin so. */
export function isOnInterface(name: string, end: 'on' | 'off', probe: Probe): Match {
  if (name === '+') return 'yes'
  // What comes in leaves by none, and what the node sends has come by none.
  if (probe.way === (end === 'on' ? 'out' : undefined)) return 'no'
  const known = probe[end] ?? (end === 'on' ? probe.origin?.on : undefined)
  if (probe[end] === undefined && isInside(name)) return 'no'
  return known === undefined ? 'maybe' : certain(isOn(name, known))
}

const onInterface =
  (end: 'on' | 'off'): Maker =>
  ([name = ''], not) =>
    when(not, (probe) => isOnInterface(name, end, probe))

/** Whether the addresses of one end lie in a network. `some`: all that the packet may have there; absent: any outside. */
function within(wanted: Network, some: readonly Network[] | undefined, inside: readonly Network[]): Match {
  if (!some) return inside.some((it) => contains(it, wanted)) ? 'no' : 'maybe'
  if (some.every((it) => contains(wanted, it))) return 'yes'
  return some.some((it) => contains(it, wanted) || contains(wanted, it)) ? 'maybe' : 'no'
}

/** Whether an end of the packet lies in the network that a rule names. */
export function isWithin(wanted: Network, end: 'from' | 'to', probe: Probe): Match {
  if (wanted.prefix === 0) return 'yes'
  if (probe.origin) return certain(contains(wanted, probe.origin[end]))
  return within(wanted, probe[end], probe.inside)
}

const address =
  (end: 'from' | 'to'): Maker =>
  ([text = ''], not) => {
    const wanted = network(text)
    return wanted ? when(not, (probe) => isWithin(wanted, end, probe)) : unknown
  }

const protocol: Maker = ([name = ''], not) =>
  when(not, (probe) => certain(['all', '0', probe.protocol].includes(name)))

/** A test for `22`, `1024:65535` or `22,80,8000:8100`. Undefined for text in another form. */
function ports(text: string): ((port: number) => boolean) | undefined {
  if (!/^[\d,:]+$/.test(text)) return undefined
  const ranges = text.split(',').map((range) => {
    const [from = '', to] = range.split(':')
    return [Number(from || 0), to === undefined ? Number(from) : Number(to || 65_535)] as const
  })
  return (port) => ranges.some(([from, to]) => port >= from && port <= to)
}
const destinationPort: Maker = ([text = ''], not) => {
  const wanted = ports(text)
  return wanted ? when(not, ({ port }) => certain(wanted(port))) : unknown
}
const eitherPort: Maker = ([text = ''], not) => {
  const wanted = ports(text)
  return wanted ? when(not, ({ port }) => (wanted(port) ? 'yes' : 'maybe')) : unknown
}

/** Only some answers are certain: NAT may have changed the packet, and `raw` may have kept it from conntrack. */
const connectionState: Maker = ([list = ''], not) => {
  const states = list.split(',')
  const rest: Match = states.some((it) => ['SNAT', 'UNTRACKED'].includes(it)) ? 'maybe' : 'no'
  return when(not, ({ established, dnat = 'maybe' }) => {
    if (states.includes(established ? 'ESTABLISHED' : 'NEW')) return 'yes'
    return states.includes('DNAT') && dnat !== 'no' ? dnat : rest
  })
}

/** A first TCP packet has SYN set and nothing else; later ones have ACK set, and perhaps PSH. */
const tcpFlags: Maker = ([mask = '', wanted = ''], not) =>
  when(not, ({ established }) => {
    const flags = mask.split(',')
    if (established && flags.includes('PSH')) return 'maybe'
    const set = established ? 'ACK' : 'SYN'
    return certain((flags.includes(set) ? set : 'NONE') === wanted)
  })

/** A packet arrives with mark 0; only rules it has passed can have set bits. */
const packetMark: Maker = ([text = ''], not) => {
  const [value = Number.NaN, mask = 0xffffffff] = text.split('/').map(Number)
  if (!Number.isInteger(value) || !Number.isInteger(mask)) return unknown
  return when(not, (_, marks) => {
    if ((value & ~marks) !== 0) return 'no'
    return (mask & marks) === 0 ? 'yes' : 'maybe'
  })
}

const destinationType: Maker = ([type = ''], not) =>
  when(not, ({ way }) => {
    if (!['LOCAL', 'BROADCAST', 'MULTICAST'].includes(type)) return 'maybe'
    return certain(type === 'LOCAL' && way === undefined)
  })
const sourceType: Maker = ([type = ''], not) =>
  when(not, ({ way }) => (type === 'LOCAL' ? certain(way === 'out') : 'maybe'))
const packetType: Maker = ([type = ''], not) =>
  when(not, ({ way }) => (way === 'out' ? 'maybe' : certain(type === 'unicast')))

/**
 * All options of one `recent` lookup together, as `partEnd` delimits them. The sender is assumed not to have tried
 * lately, so a lookup that needs more than one try (`--hitcount`), as in ufw's `limit`, does not match. A lookup that
 * needs only one may be port knocking: `maybe`.
 */
const lately: Maker = (values, not) =>
  Number(values[values.indexOf('--hitcount') + 1]) > 1 ? when(not, () => 'no') : unknown
/** Has no meaning alone: it refines another option. */
const nothing: Maker = () => undefined

/** By option, as `iptables-save` prints it. Options that are not listed give `maybe`. */
const options: Readonly<Record<string, Maker>> = {
  '-i': onInterface('on'),
  '-o': onInterface('off'),
  '-s': address('from'),
  '-d': address('to'),
  '-p': protocol,
  '--dport': destinationPort,
  '--dports': destinationPort,
  '--ports': eitherPort,
  '--ctstate': connectionState,
  '--state': connectionState,
  '--tcp-flags': tcpFlags,
  '--syn': (_, not) => when(not, ({ established }) => certain(!established)),
  '--mark': packetMark,
  '--dst-type': destinationType,
  '--src-type': sourceType,
  '--pkt-type': packetType,
  '--update': lately,
  '--rcheck': lately,
  // Records the address, and always matches.
  '--set': (_, not) => when(not, () => 'yes'),
  '--hitcount': nothing,
  '--seconds': nothing,
  '--name': nothing,
  '--mask': nothing,
  '--rsource': nothing,
  '--comment': nothing,
}

/** Extensions that are completely described by the options above; any other gives `maybe`, even without options. */
const understood = new Set([
  'tcp',
  'udp',
  'comment',
  'conntrack',
  'state',
  'mark',
  'multiport',
  'addrtype',
  'pkttype',
  'recent',
])

/** The condition that one option of a rule stands for; undefined where it restricts nothing. */
export function condition(option: string, values: readonly string[], not: boolean): Condition | undefined {
  if (option === '-m') return understood.has(values[0] ?? '') ? undefined : unknown
  const make = Object.hasOwn(options, option) ? options[option] : undefined
  return make ? make(values, not) : unknown
}
