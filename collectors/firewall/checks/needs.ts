import type { K3s } from '../../node/k3s.ts'
import { type Family, families } from '../cells.ts'
import type { Probe } from '../packet/match.ts'
import type { Network } from '../packet/networks.ts'
import { isOn } from './kube.ts'

/**
 * Connections that k3s needs (k3s's documentation, "Inbound Rules for K3s Nodes"): to this node, from it (`-out`), and
 * between pods through it.
 */
export type Need =
  | 'pods-api'
  | 'pods-kubelet'
  | 'nodes-api'
  | 'nodes-kubelet'
  | 'etcd'
  | 'overlay'
  | 'overlay-out'
  | 'api-out'
  | 'pods-in'
  | 'pods-out'
  | 'pods-local'

/**
 * Who is at the other end, where that is not a pod of this node: any other node, a server of an agent, or another server
 * of a server.
 */
export type Other = 'node' | 'server'

export interface Needed {
  readonly need: Need
  readonly family: Family
  readonly probe: Probe
}

interface Facts {
  readonly pods: readonly Network[]
  readonly inside: readonly Network[]
  readonly netConf?: string | undefined
  /** Packets between pods of one bridge pass iptables (net.bridge.bridge-nf-call-iptables). */
  readonly bridged?: boolean
  /** The port of the API as this agent knows it of its servers. */
  readonly api?: number | undefined
  /** Another network than k3s's own flannel: its pods come by other ways, which are not known here. */
  readonly foreign?: boolean
}

/** What shows which network pods have: two files of flannel, and the kernel's list of devices, /proc/net/dev. */
interface Traces {
  readonly subnet?: string | undefined
  readonly devices?: string | undefined
}

/**
 * Whether pods have another network than k3s's own flannel, or none yet. flannel's configuration stays behind where it
 * was replaced; the file that it writes at each start is gone after a reboot, and its devices are as well.
 */
export const isForeign = ({ distribution, flags }: K3s, { subnet, devices }: Traces): boolean =>
  distribution !== 'k3s' ||
  flags['flannel-backend']?.at(-1) === 'none' ||
  (!subnet && !/^\s*(?:flannel[.\w-]*|cni0):/m.test(devices ?? ''))

/** flannel's configuration: what k3s writes for it, or what it was given. */
export const netConfFile = ({ dataDir, flags }: K3s): string =>
  flags['flannel-conf']?.at(-1) ?? `${dataDir}/agent/etc/flannel/net-conf.json`

const kubelet = 10_250
const etcd = [2379, 2380]
/** What stands for all between pods: the cluster DNS, which every pod needs, over UDP and over TCP. */
const dns = 53
/** The bridge of flannel's pods in k3s. */
const bridge = 'cni0'

/**
 * The ports that k3s needs on this node, in each family that pods have. On an agent, pods reach the API over the
 * overlay, not through INPUT. Nodes talk to each other by one family, the first of cluster-cidr; flannel has an overlay
 * for each (`flannel.1`, `flannel-v6.1`).
 */
export function needsOf(k3s: K3s, facts: Facts): readonly Needed[] {
  const { pods, inside, netConf } = facts
  const api = Number(facts.api ?? k3s.flags['https-listen-port']?.at(-1) ?? 6443)
  const overlay = facts.foreign ? undefined : overlayOf(netConf, k3s.flags)
  const primary = pods[0]?.bits === 128 ? 'ipv6' : 'ipv4'
  const server = k3s.role === 'server'
  // A server of its own, without pods.
  const bare = isOn(k3s.flags['disable-agent'])
  const has = (family: Family) => pods.filter((it) => it.bits === (family === 'ipv4' ? 32 : 128))
  return families.flatMap((family): Needed[] => {
    const own = has(family)
    if (own.length === 0) return []
    // Pods reach the API by its service.
    const fromPods = { protocol: 'tcp', inside, from: own, on: bridge } as const
    const tcp = (port: number): Probe => ({ protocol: 'tcp', port, inside })
    const among = family === primary
    const port = overlay?.ports[family]
    // What is sent keeps the mark of the pod's packet in it (net/ipv4/ip_tunnel_core.c, iptunnel_xmit).
    const tunnelled = { protocol: 'udp', inside, way: 'out', marks: 0xffffffff } as const
    // In the order in which they are said: the gravest first.
    const all: readonly (readonly [Need, Probe] | false)[] = [
      server && !facts.foreign && ['pods-api', { ...fromPods, port: api, dnat: 'yes' }],
      server && among && ['nodes-api', tcp(api)],
      !server && among && ['api-out', { ...tcp(api), way: 'out' }],
      ...(server && among ? etcd.map((port) => ['etcd', tcp(port)] as const) : []),
      port !== undefined && [
        'overlay',
        { protocol: 'udp', port, inside, ...(overlay?.answers && { established: true }) },
      ],
      port !== undefined && ['overlay-out', { ...tunnelled, port }],
      ...(facts.foreign ? [] : betweenPods(own, facts, overlay?.links[family])),
      !facts.foreign && ['pods-kubelet', { ...fromPods, port: kubelet }],
      among && !bare && ['nodes-kubelet', tcp(kubelet)],
    ]
    return all.flatMap((it) => (it ? [{ need: it[0], family, probe: it[1] }] : []))
  })
}

/** Through a service the destination was another before; what comes from another node was changed there. */
function betweenPods(
  own: readonly Network[],
  { inside, bridged }: Facts,
  link: string | undefined,
): (readonly [Need, Probe])[] {
  const ways: readonly (readonly [Need, Pick<Probe, 'on' | 'off' | 'dnat'>] | false)[] = [
    link !== undefined && ['pods-in', { on: link, off: bridge }],
    link !== undefined && ['pods-out', { on: bridge, off: link, dnat: 'maybe' }],
    bridged === true && ['pods-local', { on: bridge, off: bridge, dnat: 'maybe' }],
  ]
  return ways.flatMap((it) =>
    it
      ? (['udp', 'tcp'] as const).map((protocol): readonly [Need, Probe] => [
          it[0],
          { ...it[1], way: 'forward', protocol, port: dns, inside, from: own, to: own },
        ])
      : [],
  )
}

interface Overlay {
  /** Of each family by which nodes are reached; absent where it has none there, or which one depends on the nodes. */
  readonly ports: Readonly<Partial<Record<Family, number>>>
  /** Packets of both directions have the same two ports, so that what comes in may be an answer to what was sent. */
  readonly answers?: true
  /** The device of each family by which packets to and from other nodes' pods go. */
  readonly links: Readonly<Record<Family, string>>
}

const vxlan = (port: number, id: number): Overlay => ({
  ports: { ipv4: port, ipv6: port },
  links: { ipv4: `flannel.${id}`, ipv6: `flannel-v6.${id}` },
})

/**
 * flannel's VXLAN is on 8472/udp on Linux, its WireGuard on 51820, and on 51821 where IPv6 has a tunnel of its own
 * (flannel, Documentation/backends.md; pkg/backend/vxlan and wireguard for the names of devices). Undefined for other
 * backends.
 */
export function overlayOf(netConf: string | undefined, flags: K3s['flags'] = {}): Overlay | undefined {
  // k3s's default, where the file could not be read.
  if (netConf === undefined)
    return flags['flannel-conf'] || (flags['flannel-backend']?.at(-1) ?? 'vxlan') !== 'vxlan'
      ? undefined
      : vxlan(8472, 1)
  try {
    const { Backend: backend } = JSON.parse(netConf)
    const type = String(backend?.Type ?? '').toLowerCase()
    if (type === 'vxlan') return vxlan(Number(backend.Port) || 8472, Number(backend.VNI) || 1)
    if (type !== 'wireguard') return undefined
    const port = Number(backend.ListenPort) || 51_820
    const mode = String(backend.Mode || 'separate')
    if (mode === 'separate')
      return {
        ports: { ipv4: port, ipv6: Number(backend.ListenPortV6) || 51_821 },
        ...{ answers: true, links: { ipv4: 'flannel-wg', ipv6: 'flannel-wg-v6' } },
      }
    return {
      ports: mode === 'ipv4' || mode === 'ipv6' ? { [mode]: port } : {},
      ...{ answers: true, links: { ipv4: 'flannel-wg', ipv6: 'flannel-wg' } },
    }
  } catch {
    return undefined
  }
}

/** Whether a connection leads from or to other nodes, and to which of them. */
export function otherOf(need: Need): Other | undefined {
  if (need === 'etcd' || need === 'api-out' || need === 'nodes-kubelet') return 'server'
  return need === 'pods-api' || need === 'pods-kubelet' || need === 'pods-local' ? undefined : 'node'
}

/** Whether one of the others is enough: an agent goes to any server, and metrics-server asks kubelets from one node. */
export const isEnoughFromOne = (need: Need) => need === 'api-out' || need === 'nodes-kubelet'

/** Whether the connection passes through the node, from pod to pod. */
export const isBetweenPods = (need: Need) => /^pods-(in|out|local)$/.test(need)
