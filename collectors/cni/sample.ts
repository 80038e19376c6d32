import type { Sample } from '../../agent/model/index.ts'
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
  /** The MTU of veths of pods on a bridge that has another. */
  readonly odd?: Readonly<Record<string, number>>
}

/** A pod with a live sandbox, from the CNI result cache. */
export interface PodLink {
  readonly namespace: string
  readonly name: string
  readonly ip: string
  readonly bridge: string
  readonly veth: string
}

/** What VXLAN needs for each other node: a route to its pods, its VTEP's MAC address, and the node behind that. */
export type Part = 'route' | 'neighbour' | 'fdb'

/** How to reach another node's pods. */
export interface Peer {
  readonly subnet: string
  readonly via: string
  readonly dev: string
  /** Of its VTEP, as last seen. */
  readonly mac?: string
  /** The address of the node itself, as last seen. */
  readonly node?: string
  /** What of it is not there, though the rest is. */
  readonly lacks?: readonly Part[]
}

/** host-local's reservations of this node's addresses. */
export interface Pool {
  /** The folder they are kept in. */
  readonly folder: string
  /** How many addresses there are to give. */
  readonly size: number
  readonly used: number
  /** Reserved for sandboxes that are no more: since when, ms since the epoch. */
  readonly leaked: Readonly<Record<string, number>>
  /** How many were leaked, each time that changed: `[at, count]`, oldest first, bounded. */
  readonly course: readonly (readonly [number, number])[]
}

/** The kernel's error counter of an interface each time it changed: `[at, errors, packets]`, oldest first, bounded. */
export type Course = readonly (readonly [number, number, number])[]

/** How the cluster's DNS server answered this node. */
export interface Dns {
  readonly server: string
  readonly name: string
  /** What it said. Absent: it did not answer, for the reason in `error`. */
  readonly rcode?: string
  readonly error?: string
  /** Whether it has ever answered here, or must be there by the settings of this node. */
  readonly due: boolean
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
  /** The device that the overlay goes out by, where it is another: a private network between the nodes. */
  readonly under?: string
  readonly peers?: readonly Peer[]
  /** Devices of flannel with a route of their own; only asked for WireGuard. */
  readonly direct?: readonly string[]
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
  /** Veths of live pods that do not exist. */
  readonly gone?: readonly string[]
  /** Pods with logs on this node, `namespace/name`: only where veths hang here that the result cache does not name. */
  readonly logged?: readonly string[]
  /** What of /proc/sys/net is not 1 though pods need it: 0, or null where there is no such setting. */
  readonly off?: Readonly<Record<string, 0 | null>>
  /** Since when an overlay or flannel's subnet file has not been there, ms since the epoch. */
  readonly lacking?: Readonly<Record<string, number>>
  readonly pool?: Pool
  readonly dns?: Dns
  /** Of bridge, overlay and what they go out by. */
  readonly errors?: Readonly<Record<string, Course>>
  /** When one of them went down within the last hour, ms since the epoch. */
  readonly downs?: Readonly<Record<string, readonly number[]>>
  /** How often the kernel says that the uplink, and what is under the overlay, lost its carrier. */
  readonly carriers?: Readonly<Record<string, number>>
  /** On a kernel that miscounts checksums in VXLAN: its version, and whether the overlay leaves them to the hardware. */
  readonly offload?: { readonly kernel: string; readonly on: boolean }
}
