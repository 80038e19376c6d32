import type { Sample } from '../../agent/model/index.ts'
import type { K3s } from '../node/k3s.ts'

/** A link other than a pod's veth, as `ip -d addr` shows it. */
export interface Link {
  readonly name: string
  /** `bridge`, `vxlan`, `wireguard`, `veth` …; empty for hardware. */
  readonly kind: string
  /**
   * IFF_UP, the administrative state. (The operational state of a VXLAN is always unknown, and a bridge without ports
   * has no carrier.)
   */
  readonly up: boolean
  readonly mtu: number
  /** Global addresses as `10.42.0.1/24`. */
  readonly addresses: readonly string[]
  /** The device a tunnel goes out by. */
  readonly over?: string
}

/** What one command printed of the interfaces. */
export interface Links {
  readonly links: readonly Link[]
  /** The number of veths on each bridge. */
  readonly ports: Readonly<Record<string, number>>
  /**
   * Veths that the bridge plugin named (`veth` and eight hex digits), on no bridge, with their other end in a
   * namespace.
   */
  readonly loose: readonly string[]
  /** Pods' veths whose MTU differs from that of their bridge: name and MTU. */
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

/**
 * What VXLAN needs for each other node: a route to its pods, the MAC address of its VTEP, and an FDB entry with its own
 * address.
 */
export type Part = 'route' | 'neighbour' | 'fdb'

/** How to reach another node's pods. */
export interface Peer {
  readonly subnet: string
  readonly via: string
  readonly dev: string
  /** MAC address of its VTEP, as last seen. */
  readonly mac?: string
  /** The address of the node itself, as last seen. */
  readonly node?: string
  /** Which parts are missing although others exist. */
  readonly lacks?: readonly Part[]
}

/** How another node's own address on the overlay answered when it was asked over the overlay. Times are ms since the epoch. */
export interface Reach {
  /** When it was first asked, and last. */
  readonly first: number
  readonly at: number
  /** When packets of all sizes were last answered. */
  readonly well?: number
  /** By what it answered last: that a UDP port is closed, its kubelet's TLS, or a ping. */
  readonly by?: 'udp' | 'tls' | 'ping'
  /** Which packets are answered: of all sizes, only small ones, none. Absent: not known. */
  readonly passes?: 'all' | 'small' | 'none'
  /** Since when not all of them. */
  readonly since?: number
  /**
   * What its address outside the overlay says, asked only while not all packets are answered. `away`: it answers, but
   * nothing listens any more where its kubelet did. `unsure`: it answers, and its kubelet never did.
   */
  readonly host?: 'answers' | 'unsure' | 'away' | 'silent'
  /** When it was last silent or away since it was last well: it may be starting. */
  readonly away?: number
  /** Its kubelet has answered there before. */
  readonly served?: true
  /** The name in the certificate that it presents there for that address. Hostile. */
  readonly name?: string
}

/** host-local's reservations of this node's addresses. */
export interface Pool {
  /** The folder of the reservations. */
  readonly folder: string
  /** How many addresses the pool has. */
  readonly size: number
  readonly used: number
  /** Addresses reserved for sandboxes that no longer exist, with since when, ms since the epoch. */
  readonly leaked: Readonly<Record<string, number>>
  /** The number of leaked addresses each time it changed: `[at, count]`, oldest first, bounded. */
  readonly course: readonly (readonly [number, number])[]
}

/** The kernel's error counter of an interface each time it changed: `[at, errors, packets]`, oldest first, bounded. */
export type Course = readonly (readonly [number, number, number])[]

/** How the cluster's DNS server answered this node. */
export interface Dns {
  readonly server: string
  readonly name: string
  /** The answer's code. Absent: no answer, for the reason in `error`. */
  readonly rcode?: string
  readonly error?: string
  /** When it last answered that, ms since the epoch: hurried rounds do not ask. */
  readonly seen?: number
  /** It must answer: it has answered here before, or this node's settings require it. */
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
  /** The bridge's name in flannel's delegate configuration. */
  readonly bridge?: string
}

export interface CniSample extends Sample {
  /** Absent on a machine without k3s; then everything below is absent too. */
  readonly k3s?: Omit<K3s, 'flags'>
  /** The flags of k3s that decide about the network. */
  readonly flags?: Readonly<Record<string, string | undefined>>
  readonly interfaces?: Links
  /** The device of the default route. */
  readonly uplink?: string
  /** The device below the overlay, where that is not the uplink: a private network between the nodes. */
  readonly under?: string
  readonly peers?: readonly Peer[]
  /** By the other node's address on the overlay. */
  readonly reach?: Readonly<Record<string, Reach>>
  /** flannel's devices with a route of their own; read only for WireGuard. */
  readonly direct?: readonly string[]
  /** By the first digits of the sandbox's id. */
  readonly pods?: Readonly<Record<string, PodLink>>
  /** null: does not exist or cannot be parsed. Absent: could not be read. The same for the next three. */
  readonly subnet?: Subnet | null
  readonly netConf?: NetConf | null
  /** The configurations in k3s's own folder. */
  readonly confs?: readonly Conf[]
  /** In /etc/cni/net.d, where other CNIs put theirs. */
  readonly otherConfs?: readonly Conf[]
  /** A CNI other than flannel, by the interfaces it makes. */
  readonly foreign?: string
  /** Veths of live pods that no longer exist. */
  readonly gone?: readonly string[]
  /**
   * Pods with logs on this node, `namespace/name`: only where there are veths of pods that the result cache does not
   * name.
   */
  readonly logged?: readonly string[]
  /** Settings in /proc/sys/net that pods need and that are off: 0, or null where the kernel has no such setting. */
  readonly off?: Readonly<Record<string, 0 | null>>
  /** Overlay devices and flannel's subnet file that are missing, with since when, ms since the epoch. */
  readonly lacking?: Readonly<Record<string, number>>
  readonly pool?: Pool
  readonly dns?: Dns
  /** Error counters of bridge, overlays and the devices by which packets leave. */
  readonly errors?: Readonly<Record<string, Course>>
  /** When each of these devices went down within the last hour, ms since the epoch. */
  readonly downs?: Readonly<Record<string, readonly number[]>>
  /** When k3s was started within the last hour, ms since the epoch, oldest first, bounded. */
  readonly starts?: readonly number[]
  /** The kernel's count of lost carriers, for the devices by which packets leave. */
  readonly carriers?: Readonly<Record<string, number>>
  /**
   * On a kernel that spoils checksums in VXLAN: its version, and whether the overlay leaves checksums to the hardware.
   */
  readonly offload?: { readonly kernel: string; readonly on: boolean }
}
