import { isIP } from 'node:net'
import { fairly } from '../node/fairly.ts'
import { isName, mostPeers, peersOf, rows, within } from './links.ts'
import type { Part, Peer } from './sample.ts'

/** MAC address by `DEVICE ADDRESS`. */
export type Neighbours = ReadonlyMap<string, string>
/** The node to which a VXLAN device sends packets for a MAC address. */
export type Forwarding = ReadonlyMap<string, string>

const isMac = (it: unknown): it is string =>
  typeof it === 'string' && /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(it)
const at = (dev: string, it: string) => `${dev} ${it}`

/** Parses `ip -j -d neigh show`: the neighbours whose MAC address is known. flannel adds them as permanent. */
export function parseNeighbours(json: string): Neighbours {
  const found = new Map<string, string>()
  for (const it of rows<{ dst?: unknown; dev?: unknown; lladdr?: unknown; state?: unknown }>(json, 'dst')) {
    const lost = Array.isArray(it.state) && it.state.some((one) => one === 'FAILED' || one === 'INCOMPLETE')
    if (!lost && isName(it.dev) && typeof it.dst === 'string' && isIP(it.dst) && isMac(it.lladdr))
      found.set(at(it.dev, it.dst), it.lladdr)
  }
  return found
}

/** Parses `bridge -j fdb show`: the entries that name another node, which only VXLAN devices have. */
export function parseForwarding(json: string): Forwarding {
  const found = new Map<string, string>()
  for (const it of rows<{ mac?: unknown; ifname?: unknown; dst?: unknown }>(json, 'mac'))
    if (isName(it.ifname) && isMac(it.mac) && typeof it.dst === 'string' && isIP(it.dst))
      found.set(at(it.ifname, it.mac), it.dst)
  return found
}

export interface Seen {
  readonly routes: readonly Peer[]
  /** Absent: could not be seen. */
  readonly neighbours?: Neighbours
  readonly forwarding?: Forwarding
}

/**
 * The other nodes, from what exists for each now and in the sample before. flannel creates all three parts when a node
 * joins and removes all three when it leaves (flannel, pkg/backend/vxlan/vxlan_network.go). So a node with only some of
 * them has lost the others, and a node with none has left. FDB entries that no neighbour points to are left over from a
 * peer's restart, and harmless (measured on k3s 1.21).
 *
 * `vxlans`: flannel's VXLAN devices that exist and are up; peers behind any other are kept as they were.
 */
export function join(
  seen: Seen,
  before: readonly Peer[],
  {
    vxlans,
    overlays,
    networks,
    own,
  }: {
    readonly vxlans: readonly string[]
    readonly overlays: readonly string[]
    readonly networks: readonly string[]
    /** This node's own pod networks, which have the same size as the others'. */
    readonly own: readonly string[]
  },
): readonly Peer[] {
  const inside = within(networks)
  const found: Peer[] = peersOf(seen.routes, networks).filter((it) => !vxlans.includes(it.dev))
  for (const dev of vxlans) {
    const known = new Map(before.filter((it) => it.dev === dev).map((it) => [it.via, it]))
    const routes = new Map(seen.routes.filter((it) => it.dev === dev).map((it) => [it.via, it]))
    const vias = [...(seen.neighbours?.keys() ?? [])].flatMap((key) => {
      const [device, via = ''] = key.split(' ')
      return device === dev && inside(via) ? [via] : []
    })
    for (const via of new Set([...routes.keys(), ...vias, ...known.keys()])) {
      const peer = whole(seen, { dev, via, route: routes.get(via), known: known.get(via), own })
      if (peer) found.push(peer)
    }
  }
  const away = overlays.filter((it) => !vxlans.includes(it))
  const kept = before.filter((it) => away.includes(it.dev)).map(({ lacks: _, ...it }): Peer => it)
  // Peers that lack something are kept first.
  return fairly(
    [...found, ...kept],
    mostPeers,
    (it) => it.subnet,
    (it) => Number(it.lacks !== undefined),
  ).kept
}

function whole(
  { neighbours, forwarding }: Seen,
  {
    dev,
    via,
    route,
    known,
    own,
  }: {
    dev: string
    via: string
    route: Peer | undefined
    known: Peer | undefined
    own: readonly string[]
  },
): Peer | undefined {
  const neighbour = neighbours?.get(at(dev, via))
  const mac = neighbour ?? known?.mac
  const entry = mac === undefined ? undefined : forwarding?.get(at(dev, mac))
  const node = entry ?? known?.node
  const lacks: Part[] = [
    ...(route ? [] : ['route' as const]),
    ...(neighbours && !neighbour ? ['neighbour' as const] : []),
    ...(forwarding && mac !== undefined && !entry ? ['fdb' as const] : []),
  ]
  if (!route && !neighbour && !entry) return undefined
  const [size = isIP(via) === 6 ? '64' : '24'] = own
    .filter((it) => isIP(it.replace(/\/.*/, '')) === isIP(via))
    .map((it) => it.replace(/.*\//, ''))
  return {
    subnet: route?.subnet ?? known?.subnet ?? `${via}/${size}`,
    via,
    dev,
    ...(mac !== undefined && { mac }),
    ...(node !== undefined && { node }),
    ...(lacks.length > 0 && { lacks }),
  }
}
