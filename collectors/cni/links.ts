import { BlockList, isIP } from 'node:net'
import type { Link, Links, Peer } from './sample.ts'

/** How many links that no verdict depends on are kept, for the page. */
const mostOthers = 64

/** The bridge plugin's names for veths (cni-plugins, pkg/ip/link_linux.go `RandomVethName`). */
export const podVeth = /^veth[0-9a-f]{8}$/

/** Names of interfaces that only one particular CNI creates. */
const marks: readonly (readonly [RegExp, string])[] = [
  [/^(cali[0-9a-f]{11}|vxlan\.calico|vxlan-v6\.calico|wireguard\.cali)$/, 'Calico'],
  [/^(cilium_host|cilium_net|cilium_vxlan|cilium_geneve)$/, 'Cilium'],
  [/^(antrea-gw0|antrea-tun0)$/, 'Antrea'],
  [/^(weave|vxlan-6784)$/, 'Weave Net'],
  [/^(ovn-k8s-mp0|ovn0)$/, 'OVN'],
  [/^kube-bridge$/, 'kube-router'],
]

interface IpLink {
  readonly ifname?: unknown
  readonly flags?: unknown
  readonly mtu?: unknown
  readonly master?: unknown
  readonly link_netnsid?: unknown
  readonly linkinfo?: { readonly info_kind?: unknown; readonly info_data?: { readonly link?: unknown } }
  readonly addr_info?: unknown
}

/**
 * Parses `ip -j -d addr show` and keeps what is needed. `-d` adds the kind of each link and the device below a tunnel
 * (iproute2 5.x and later print the same keys). The result may be as long as the input. Throws on what is not the JSON
 * asked for.
 */
export function parseLinks(json: string): Links & { foreign?: string; veths: ReadonlySet<string> } {
  const printed = rows<IpLink>(json, 'ifname')
  // Every network namespace has its loopback.
  if (printed.length === 0) throw new SyntaxError('there is no link at all')
  const all = printed.filter((it): it is IpLink & { ifname: string } => isName(it.ifname))
  const links: Link[] = []
  const ports: Record<string, number> = {}
  const loose: string[] = []
  const odd: Record<string, number> = {}
  const veths = new Set<string>()
  const mtus = new Map(all.map((it) => [it.ifname, it.mtu]))
  let foreign: string | undefined
  for (const it of all) {
    foreign ??= marks.find(([pattern]) => pattern.test(it.ifname))?.[1]
    const kind = typeof it.linkinfo?.info_kind === 'string' ? it.linkinfo.info_kind : ''
    const master = isName(it.master) ? it.master : undefined
    if (kind === 'veth') veths.add(it.ifname)
    if (master !== undefined && kind === 'veth') ports[master] = (ports[master] ?? 0) + 1
    const ofPod = podVeth.test(it.ifname) && it.link_netnsid !== undefined
    if (ofPod && master === undefined) loose.push(it.ifname)
    if (ofPod && master !== undefined && typeof it.mtu === 'number' && it.mtu !== mtus.get(master))
      odd[it.ifname] = it.mtu
    if (ofPod || master !== undefined) continue
    const over = it.linkinfo?.info_data?.link
    links.push({
      name: it.ifname,
      kind,
      up: Array.isArray(it.flags) && it.flags.includes('UP'),
      mtu: typeof it.mtu === 'number' ? it.mtu : 0,
      addresses: addresses(it.addr_info),
      ...(isName(over) && { over }),
    })
  }
  return {
    links,
    ports,
    loose,
    veths,
    ...(Object.keys(odd).length > 0 && { odd }),
    ...(foreign && { foreign }),
  }
}

/**
 * All links that are judged by their name, and `mostOthers` of the rest. Users of containers create bridges by the
 * hundred: these must not push out a judged link, which would then count as gone.
 */
export function keptLinks(links: readonly Link[], judged: ReadonlySet<string>): readonly Link[] {
  const others = new Set(links.filter((it) => !judged.has(it.name)).slice(0, mostOthers))
  return links.filter((it) => judged.has(it.name) || others.has(it))
}

function addresses(info: unknown): string[] {
  if (!Array.isArray(info)) return []
  return info.flatMap((it: { local?: unknown; prefixlen?: unknown; scope?: unknown } | null) =>
    it?.scope === 'global' && typeof it.local === 'string' && isIP(it.local)
      ? [`${it.local}/${Number(it.prefixlen)}`]
      : [],
  )
}

interface IpRoute {
  readonly dst?: unknown
  readonly gateway?: unknown
  readonly dev?: unknown
}

/**
 * Parses `ip -j -d route show`: the device of the default route, the routes that have a gateway, and flannel's devices
 * that have a route of their own, as those of WireGuard do.
 */
export function parseRoutes(json: string): {
  uplink?: string
  routes: readonly Peer[]
  direct: readonly string[]
} {
  const routes: Peer[] = []
  const direct: string[] = []
  let uplink: string | undefined
  for (const { dst, gateway, dev } of rows<IpRoute>(json, 'dst')) {
    if (!isName(dev) || typeof dst !== 'string') continue
    if (dst === 'default') uplink ??= dev
    else if (typeof gateway === 'string' && isIP(gateway) && isIP(dst.replace(/\/\d+$/, '')))
      routes.push({ subnet: dst, via: gateway, dev })
    else if (dev.startsWith('flannel') && dst.includes('/')) direct.push(dev)
  }
  return { ...(uplink && { uplink }), routes, direct }
}

/** More peers than k3s is made for (some hundred nodes). */
export const mostPeers = 512

/** The routes to other nodes' pods: those into the pod network, or out of flannel's own devices. */
export function peersOf(routes: readonly Peer[], networks: readonly string[]): readonly Peer[] {
  const inside = within(networks)
  const isPeer = ({ subnet, dev }: Peer) => dev.startsWith('flannel') || inside(subnet.replace(/\/\d+$/, ''))
  return routes.filter(isPeer)
}

/** A test whether an address is in one of these networks. */
export function within(networks: readonly string[]): (address: string) => boolean {
  const inside = new BlockList()
  const family = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4')
  for (const it of networks) {
    const [address = '', prefix] = it.split('/')
    if (Number(prefix) <= (isIP(address) === 6 ? 128 : 32))
      inside.addSubnet(address, Number(prefix), family(address))
  }
  return (address) => isIP(address) !== 0 && inside.check(address, family(address))
}

/** A link name as the kernel allows it (dev_valid_name: 1 to 15 bytes, no slash, colon or space). */
export const isName = (it: unknown): it is string =>
  typeof it === 'string' && /^[^\s/:]{1,15}$/.test(it) && it !== '.' && it !== '..'

/**
 * What `ip -j` and `bridge -j` print: a list of objects that each have `key`, of which some versions print empty ones
 * for what a filter left out. An empty list is `[ ]` or `[]`, never nothing (iproute2 6.1, and lib/json_print.c
 * `new_json_obj` since 4.13): a program that prints nothing is another one. Throws on all that is no such list.
 */
export function rows<T extends object>(json: string, key: string & keyof T): readonly T[] {
  const parsed: unknown = JSON.parse(json)
  if (!Array.isArray(parsed)) throw new SyntaxError('it is no list')
  return parsed.filter((it: unknown): it is T => {
    if (typeof it !== 'object' || it === null || Array.isArray(it))
      throw new SyntaxError('an entry is no object')
    if (Object.keys(it).length === 0) return false
    if (typeof (it as Record<string, unknown>)[key] !== 'string')
      throw new SyntaxError(`an entry has no ${key}`)
    return true
  })
}
