import type { CniSample, Link } from './sample.ts'

/** The pod network that should be on this node, according to the node's own files and flags. */
export type Plan =
  | {
      readonly kind: 'flannel'
      readonly backend: string
      readonly bridge: string
      readonly overlays: readonly string[]
    }
  /**
   * Another CNI, or none: nothing that is true of flannel applies. `name` is for people. `pods`: this node has pods all
   * the same, so that what holds for every CNI is judged.
   */
  | { readonly kind: 'other'; readonly name: string; readonly pods: boolean }
  | { readonly kind: 'unknown' }

/**
 * The backend by how many bytes its MTU is below the uplink's (flannel, pkg/backend/vxlan/device.go,
 * wireguard_network.go).
 */
const overheads: Readonly<Record<number, string>> = {
  0: 'host-gw',
  50: 'vxlan',
  70: 'vxlan',
  80: 'wireguard',
}

/** Works out what should be there. Pure. */
export function plan(sample: CniSample): Plan {
  const { k3s, flags = {}, confs = [] } = sample
  if (!k3s) return { kind: 'other', name: 'no k3s', pods: false }
  const other = otherNetwork(sample)
  if (k3s.distribution === 'rke2') return { kind: 'other', name: flags.cni ?? other ?? 'canal', pods: true }
  if (flags['disable-agent'] === 'true')
    return { kind: 'other', name: 'no pods, as this server runs no agent', pods: false }
  if (flags.rootless === 'true')
    return { kind: 'other', name: 'rootless, in a namespace of its own', pods: false }
  if (flags['flannel-backend'] === 'none')
    return { kind: 'other', name: other ?? 'no flannel', pods: other !== undefined }
  const since = sample.subnet || sample.interfaces?.links.some((it) => isFlannel(it.name))
  // Whether there is flannel is decided by the server; an agent's old flannel files stay behind.
  if (k3s.role === 'agent' && !since && other) return { kind: 'other', name: other, pods: true }
  const hints = since || sample.netConf || confs.some((it) => it.types.includes('flannel'))
  if (k3s.role === 'agent' && !hints) return { kind: 'unknown' }
  const backend = findBackend(sample)
  return {
    kind: 'flannel',
    backend,
    bridge: findBridge(sample),
    overlays: overlays(backend, sample),
  }
}

const isFlannel = (name: string) => /^flannel[.\w-]*$/.test(name)

/** A CNI other than flannel, by its configuration or its interfaces. */
function otherNetwork({ otherConfs = [], confs = [], foreign, interfaces }: CniSample): string | undefined {
  // Canal is flannel's network with Calico's policies, and RKE2's default.
  if (foreign === 'Calico' && interfaces?.links.some((it) => isFlannel(it.name))) return 'Canal'
  const [type] = [...otherConfs, ...confs]
    .flatMap((it) => it.types.slice(0, 1))
    .filter((it) => it !== 'flannel')
  return foreign ?? (type && `CNI ${type}`)
}

function findBridge({ confs = [], pods = {} }: CniSample): string {
  const [used] = Object.values(pods)
  return used?.bridge ?? confs.find((it) => it.bridge)?.bridge ?? 'cni0'
}

/**
 * The backend flannel was started with, from net-conf.json; without that file from the server's flag, then from the MTU
 * that flannel chose, else k3s's default.
 */
function findBackend(sample: CniSample): string {
  const { netConf, flags = {}, subnet, interfaces } = sample
  if (netConf) return netConf.type
  // wireguard-native may carry options: `wireguard-native=Mode=auto`.
  const flag = flags['flannel-backend']?.split('=')[0]
  if (flag) return flag === 'wireguard-native' ? 'wireguard' : flag
  const uplink = flags['flannel-iface'] ?? sample.uplink
  const over = interfaces?.links.find((it) => it.name === uplink)?.mtu
  return (subnet && over && overheads[over - subnet.mtu]) || 'vxlan'
}

/** The devices that each backend creates (k3s, install.sh's killall; flannel, pkg/backend). */
function overlays(backend: string, { netConf }: CniSample): string[] {
  const { vni = 1, ipv4 = true, ipv6 = false, mode = 'separate' } = netConf ?? {}
  const both = (four: string, six: string) => [...(ipv4 ? [four] : []), ...(ipv6 ? [six] : [])]
  if (backend === 'vxlan') return both(`flannel.${vni}`, `flannel-v6.${vni}`)
  if (backend === 'wireguard')
    return mode === 'separate' ? both('flannel-wg', 'flannel-wg-v6') : ['flannel-wg']
  if (backend === 'udp') return ['flannel0']
  // host-gw and ipsec have none; those of an extension are not known.
  return []
}

/** The devices by which packets leave the node: that of the default route, and the one below the overlay. */
export const outward = ({ uplink, under }: CniSample): readonly string[] => [
  ...(uplink === undefined ? [] : [uplink]),
  ...(under === undefined ? [] : [under]),
]

/**
 * The links on which verdicts depend: those of the plan, those the plan was worked out from, and those by which packets
 * leave.
 */
export function judgedLinks(sample: CniSample): ReadonlySet<string> {
  const it = plan(sample)
  const { flags = {}, interfaces } = sample
  const flannels = interfaces?.links.filter((one) => isFlannel(one.name)) ?? []
  const own = it.kind === 'flannel' ? [it.bridge, ...it.overlays] : []
  const names = [
    ...[...own, ...outward(sample), ...(flags['flannel-iface'] ? [flags['flannel-iface']] : [])],
    ...flannels.slice(0, mostFlannels).map((one) => one.name),
  ]
  const over = names.flatMap((name) => linkOf(sample, name)?.over ?? [])
  return new Set([...names, ...over])
}

/** flannel creates two at most; anything beyond this with such a name was created by a person. */
const mostFlannels = 8

/** A link by its name. */
export const linkOf = (sample: CniSample, name: string): Link | undefined =>
  sample.interfaces?.links.find((it) => it.name === name)
