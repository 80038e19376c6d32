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

/** A packet from outside to one of the node's addresses: the first of its connection, unless `established`. */
export interface Probe {
  readonly protocol: 'tcp' | 'udp'
  readonly port: number
  /** Networks to and from which no outside machine connects: loopback, pods, services. */
  readonly inside: readonly Network[]
  /**
   * Set where the packet comes from a pod of this node instead: from the bridge, with a source in one of these
   * networks.
   */
  readonly pods?: readonly Network[]
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

/** The bridge of flannel's pods in k3s. */
const bridge = 'cni0'
/** Whether one interface, or all of `eth+`, are among those that `pattern` names. */
export const isOn = (pattern: string, name: string) =>
  pattern === name || (pattern.endsWith('+') && name.startsWith(pattern.slice(0, -1)))
export const isInside = (name: string) => insideInterface.test(name)

const inputInterface: Maker = ([name = ''], not) =>
  when(not, ({ pods, origin }) => {
    if (name === '+') return 'yes'
    if (pods) return certain(isOn(name, bridge))
    if (isInside(name)) return 'no'
    return origin ? certain(isOn(name, origin.on)) : 'maybe'
  })

const source: Maker = ([text = ''], not) => {
  const wanted = network(text)
  if (!wanted) return unknown
  return when(not, ({ inside, pods, origin }) => {
    if (wanted.prefix === 0) return 'yes'
    if (origin) return certain(contains(wanted, origin.from))
    if (!pods) return inside.some((it) => contains(it, wanted)) ? 'no' : 'maybe'
    if (pods.every((it) => contains(wanted, it))) return 'yes'
    return pods.some((it) => contains(it, wanted) || contains(wanted, it)) ? 'maybe' : 'no'
  })
}

const destination: Maker = ([text = ''], not) => {
  const wanted = network(text)
  if (!wanted) return unknown
  return when(not, ({ inside, origin }) => {
    if (wanted.prefix === 0) return 'yes'
    if (origin) return certain(contains(wanted, origin.to))
    return inside.some((it) => contains(it, wanted)) ? 'no' : 'maybe'
  })
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
  const rest: Match = states.some((it) => ['DNAT', 'SNAT', 'UNTRACKED'].includes(it)) ? 'maybe' : 'no'
  return when(not, ({ established }) => (states.includes(established ? 'ESTABLISHED' : 'NEW') ? 'yes' : rest))
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
  when(not, () => (['LOCAL', 'BROADCAST', 'MULTICAST'].includes(type) ? certain(type === 'LOCAL') : 'maybe'))
const sourceType: Maker = ([type = ''], not) => when(not, () => (type === 'LOCAL' ? 'no' : 'maybe'))
const packetType: Maker = ([type = ''], not) => when(not, () => certain(type === 'unicast'))

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
