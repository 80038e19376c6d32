import { contains, type Network, network } from './networks.ts'

/** Whether a rule's condition holds for a packet. `maybe`: that depends on what is not known here. */
export type Match = 'yes' | 'no' | 'maybe'

/**
 * Where a connection comes from and goes to, as far as rules tell such places apart: what lies in these
 * networks, and in no smaller ones that any rule names.
 */
export interface Origin {
  readonly from: Network
  readonly to: Network
  /** An interface, or all whose names begin so: `eth+`. */
  readonly on: string
}

/** A packet that somebody outside the node sends to one of its addresses: the first of its connection, unless `established`. */
export interface Probe {
  readonly protocol: 'tcp' | 'udp'
  readonly port: number
  /** Networks nobody connects from or to from outside: loopback, pods, services. */
  readonly inside: readonly Network[]
  /** Set where it comes from a pod of this node instead: out of the bridge, from one of these networks. */
  readonly pods?: readonly Network[]
  /** One of those that follow, once the node has answered: without them no connection is of use. */
  readonly established?: true
  /** Absent: from anywhere. */
  readonly origin?: Origin
}

/** `marks`: the bits of the packet's mark that may have been set by the time it is here. */
export type Condition = (probe: Probe, marks: number) => Match

type Maker = (values: readonly string[], not: boolean) => Condition | undefined

const perhaps: Condition = () => 'maybe'
const flip = { yes: 'no', no: 'yes', maybe: 'maybe' } as const
const when = (not: boolean, test: Condition): Condition =>
  not ? (probe, marks) => flip[test(probe, marks)] : test
const sure = (holds: boolean): Match => (holds ? 'yes' : 'no')

/** Interfaces on which only this node and its own pods and containers send. */
const insideInterface =
  /^(lo|cni0|cbr0|docker0|br-.*|virbr.*|podman.*|lxdbr.*|flannel.*|veth.*|cali.*|kube-.*)$/

/** The bridge on which flannel's pods hang in k3s. */
const bridge = 'cni0'
/** Whether one interface, or all of `eth+`, is one of those that `pattern` names. */
export const isOn = (pattern: string, name: string) =>
  pattern === name || (pattern.endsWith('+') && name.startsWith(pattern.slice(0, -1)))
export const isInside = (name: string) => insideInterface.test(name)

const inputInterface: Maker = ([name = ''], not) =>
  when(not, ({ pods, origin }) => {
    if (name === '+') return 'yes'
    if (pods) return sure(isOn(name, bridge))
    if (isInside(name)) return 'no'
    return origin ? sure(isOn(name, origin.on)) : 'maybe'
  })

const source: Maker = ([text = ''], not) => {
  const wanted = network(text)
  if (!wanted) return perhaps
  return when(not, ({ inside, pods, origin }) => {
    if (wanted.prefix === 0) return 'yes'
    if (origin) return sure(contains(wanted, origin.from))
    if (!pods) return inside.some((it) => contains(it, wanted)) ? 'no' : 'maybe'
    if (pods.every((it) => contains(wanted, it))) return 'yes'
    return pods.some((it) => contains(it, wanted) || contains(wanted, it)) ? 'maybe' : 'no'
  })
}

const destination: Maker = ([text = ''], not) => {
  const wanted = network(text)
  if (!wanted) return perhaps
  return when(not, ({ inside, origin }) => {
    if (wanted.prefix === 0) return 'yes'
    if (origin) return sure(contains(wanted, origin.to))
    return inside.some((it) => contains(it, wanted)) ? 'no' : 'maybe'
  })
}

const protocol: Maker = ([name = ''], not) =>
  when(not, (probe) => sure(['all', '0', probe.protocol].includes(name)))

/** `22`, `1024:65535`, `22,80,8000:8100`: whether a port is one of them. Undefined for what is not written so. */
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
  return wanted ? when(not, ({ port }) => sure(wanted(port))) : perhaps
}
const eitherPort: Maker = ([text = ''], not) => {
  const wanted = ports(text)
  return wanted ? when(not, ({ port }) => (wanted(port) ? 'yes' : 'maybe')) : perhaps
}

/** NAT may have touched the packet, and `raw` may have kept it from conntrack. */
const connectionState: Maker = ([list = ''], not) => {
  const states = list.split(',')
  const rest: Match = states.some((it) => ['DNAT', 'SNAT', 'UNTRACKED'].includes(it)) ? 'maybe' : 'no'
  return when(not, ({ established }) => (states.includes(established ? 'ESTABLISHED' : 'NEW') ? 'yes' : rest))
}

/** A first TCP packet has SYN set and nothing else; those that follow have ACK set, and PSH as it comes. */
const tcpFlags: Maker = ([mask = '', wanted = ''], not) =>
  when(not, ({ established }) => {
    const flags = mask.split(',')
    if (established && flags.includes('PSH')) return 'maybe'
    const set = established ? 'ACK' : 'SYN'
    return sure((flags.includes(set) ? set : 'NONE') === wanted)
  })

/** A packet comes in with mark 0; only rules it has passed can have set bits of it. */
const packetMark: Maker = ([text = ''], not) => {
  const [value = Number.NaN, mask = 0xffffffff] = text.split('/').map(Number)
  if (!Number.isInteger(value) || !Number.isInteger(mask)) return perhaps
  return when(not, (_, marks) => {
    if ((value & ~marks) !== 0) return 'no'
    return (mask & marks) === 0 ? 'yes' : 'maybe'
  })
}

const destinationType: Maker = ([type = ''], not) =>
  when(not, () => (['LOCAL', 'BROADCAST', 'MULTICAST'].includes(type) ? sure(type === 'LOCAL') : 'maybe'))
const sourceType: Maker = ([type = ''], not) => when(not, () => (type === 'LOCAL' ? 'no' : 'maybe'))
const packetType: Maker = ([type = ''], not) => when(not, () => sure(type === 'unicast'))

/**
 * All of what one `recent` asks, as `partEnd` takes it. Whoever connects is taken to have been quiet lately, so that what counts more than one try (`--hitcount`),
 * as ufw's `limit` does, does not hold. A list of one may be port knocking.
 */
const lately: Maker = (values, not) =>
  Number(values[values.indexOf('--hitcount') + 1]) > 1 ? when(not, () => 'no') : perhaps
/** Says nothing by itself: it goes with an option that does. */
const nothing: Maker = () => undefined

/** By option, as `iptables-save` prints it. What is not here may hold or not. */
const options: Readonly<Record<string, Maker>> = {
  '-i': inputInterface,
  '-s': source,
  '-d': destination,
  '-p': protocol,
  '--dport': destinationPort,
  '--dports': destinationPort,
  '--ports': eitherPort,
  '--ctstate': connectionState,
  '--state': connectionState,
  '--tcp-flags': tcpFlags,
  '--syn': (_, not) => when(not, ({ established }) => sure(!established)),
  '--mark': packetMark,
  '--dst-type': destinationType,
  '--src-type': sourceType,
  '--pkt-type': packetType,
  '--update': lately,
  '--rcheck': lately,
  // It notes the address, and holds.
  '--set': (_, not) => when(not, () => 'yes'),
  '--hitcount': nothing,
  '--seconds': nothing,
  '--name': nothing,
  '--mask': nothing,
  '--rsource': nothing,
  '--comment': nothing,
}

/** Extensions whose options above say all; any other may match or not even without options. */
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

/** What one option of a rule asks of a packet; undefined where it asks nothing. */
export function condition(option: string, values: readonly string[], not: boolean): Condition | undefined {
  if (option === '-m') return understood.has(values[0] ?? '') ? undefined : perhaps
  const make = Object.hasOwn(options, option) ? options[option] : undefined
  return make ? make(values, not) : perhaps
}
