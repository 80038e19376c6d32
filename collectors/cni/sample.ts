import type { Sample } from '../../agent/model.ts'
import type { K3s } from '../node/k3s.ts'

/** A link other than a pod's veth, as `ip -d addr` shows it. */
export interface Link {
  readonly name: string
  /** `bridge`, `vxlan`, `wireguard`, `veth` …; empty for hardware. */
  readonly kind: string
  /** IFF_UP, the administrative state: a VXLAN never has another, and a bridge without ports has no carrier. */
  readonly up: boolean
  readonly mtu: number
  /** Global addresses as `10.42.0.1/24`. */
  readonly addresses: readonly string[]
  /** The device a tunnel goes out by. */
  readonly over?: string
}

/** What was read of the interfaces in one go. */
export interface Links {
  readonly links: readonly Link[]
  /** Veths by the bridge they are on. */
  readonly ports: Readonly<Record<string, number>>
  /** Veths as the bridge plugin names them (`veth` and eight hex digits), on no bridge, with their other end in a namespace. */
  readonly loose: readonly string[]
}

/** A pod with a live sandbox, from the CNI result cache. */
export interface PodLink {
  readonly namespace: string
  readonly name: string
  readonly ip: string
  readonly bridge: string
  readonly veth: string
}

/** How to reach another node's pods. */
export interface Peer {
  readonly subnet: string
  readonly via: string
  readonly dev: string
}

/** `/run/flannel/subnet.env`, which flannel writes when it starts. */
export interface Subnet {
  /** The bridge's addresses: `10.42.0.1/24`, and the one of IPv6 after it. */
  readonly addresses: readonly string[]
  readonly networks: readonly string[]
  readonly mtu: number
}

/** `net-conf.json`, which k3s writes for flannel at each start of the agent. */
export interface NetConf {
  readonly type: string
  readonly vni: number
  readonly ipv4: boolean
  readonly ipv6: boolean
  /** WireGuard only: `separate` (the default) makes a tunnel of its own for IPv6. */
  readonly mode: string
}

/** One CNI configuration: its file, its name and the types of its plugins. */
export interface Conf {
  readonly file: string
  readonly types: readonly string[]
  /** What flannel's delegate calls the bridge. */
  readonly bridge?: string
}

export interface CniSample extends Sample {
  /** Absent on a machine without k3s; then so is all that follows. */
  readonly k3s?: Omit<K3s, 'flags'>
  /** The settings of k3s that decide about the network. */
  readonly flags?: Readonly<Record<string, string | undefined>>
  readonly interfaces?: Links
  /** The device of the default route. */
  readonly uplink?: string
  readonly peers?: readonly Peer[]
  /** By the first digits of the sandbox's id. */
  readonly pods?: Readonly<Record<string, PodLink>>
  /** null: looked for and not there. Absent: could not be seen. The same for those that follow. */
  readonly subnet?: Subnet | null
  readonly netConf?: NetConf | null
  /** In k3s's own folder. */
  readonly confs?: readonly Conf[]
  /** In /etc/cni/net.d, where other CNIs put theirs. */
  readonly otherConfs?: readonly Conf[]
  /** A CNI other than flannel, by the interfaces it makes. */
  readonly foreign?: string
  /** Errors counted by the kernel since the interface was made, of bridge, overlay and uplink together. */
  readonly errors?: number
}
