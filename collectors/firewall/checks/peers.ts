import { isIP } from 'node:net'
import type { Host } from '../../../agent/model/index.ts'
import { orNothing } from '../../node/ask.ts'
import type { K3s } from '../../node/k3s.ts'
import { serversOf } from '../../node/servers.ts'
import { remoteAddresses } from '../../node/sockets.ts'
import type { Family } from '../cells.ts'
import { isInside } from '../packet/match.ts'
import type { Other } from './needs.ts'
import { type Peer, peersAt, printed, type Route, readRoutes } from './routing.ts'

/** The other nodes, as far as a verdict needs them. */
export interface Peers {
  /** Whether there are any; of some kinds the addresses cannot be seen. */
  readonly there: boolean
  readonly peers: readonly Peer[]
}

/** Addresses that are looked at; more would say the same. */
const mostPeers = 64
const forwarding = ['bridge', '-j', 'fdb', 'show']
const neighbours = ['ip', '-j', '-d', 'neigh', 'show']
const mostSockets = 16 * 1024 * 1024

/**
 * The other nodes of one kind in one family, by what flannel (nodes), the load balancer of an agent and the connections
 * of etcd (servers) know of them. An agent always has another node, its server. Throws a HostError where the routes
 * cannot be read.
 */
export async function readPeers(host: Host, k3s: K3s, family: Family, other: Other): Promise<Peers> {
  const routes = await readRoutes(host, family)
  const addresses = (await addressesOf(host, k3s, other, routes)).filter(
    (it) => isIP(it) === (family === 'ipv4' ? 4 : 6),
  )
  const peers = await peersAt(host, family, [...new Set(addresses)].slice(0, mostPeers), routes)
  // Packets of nobody knows whom may come by a bridge that looks like one of containers, whose rules are not followed.
  const hidden = routes.some(({ to, dev }) => to.prefix === 0 && isInside(dev))
  if (peers.length === 0 && (other !== 'node' || hidden)) return { there: false, peers }
  return { there: k3s.role === 'agent' || peers.length > 0 || routes.some(isToPeer), peers }
}

/** The port of the API, as servers are known to an agent, and those that have it there: not a balancer before them. */
export function apiOf(servers: readonly string[]): {
  readonly port?: number
  readonly addresses: readonly string[]
} {
  const all = servers.flatMap((it) => {
    const [, address = '', port] = /^(.*):(\d{1,5})$/.exec(it) ?? []
    return port === undefined ? [] : [{ address: address.replace(/^\[(.*)\]$/, '$1'), port: Number(port) }]
  })
  const [first] = all
  if (!first) return { addresses: [] }
  return { port: first.port, addresses: all.flatMap((it) => (it.port === first.port ? [it.address] : [])) }
}

async function addressesOf(
  host: Host,
  k3s: K3s,
  other: Other,
  routes: readonly Route[],
): Promise<readonly string[]> {
  if (other === 'server' && k3s.role === 'agent') return apiOf(await serversOf(host, k3s)).addresses
  if (other === 'server') {
    const read = (path: string) => orNothing(host.text(path, { limit: mostSockets }))
    const texts = await Promise.all([read('/proc/net/tcp'), read('/proc/net/tcp6')])
    return texts.flatMap((text) => remoteAddresses(text ?? '', 2380))
  }
  return routes.some(isToPeer) ? forwardedTo(host) : []
}

/**
 * Where flannel's devices send packets to. Entries whose MAC address no neighbour has are left over from an address that
 * a node had before (measured on k3s 1.21). Nothing where a stranger's program of that name prints something else.
 */
async function forwardedTo(host: Host): Promise<readonly string[]> {
  const [entries = [], known = []] = await Promise.all(
    [forwarding, neighbours].map((argv) => orNothing(printed(host, argv))),
  )
  const pointed = new Set(known.map(({ dev, lladdr }) => `${dev} ${lladdr}`))
  return entries.flatMap(({ ifname, mac, dst }) =>
    /^flannel/.test(String(ifname)) && typeof dst === 'string' && pointed.has(`${ifname} ${mac}`)
      ? [dst]
      : [],
  )
}

/** flannel's routes to the pods of another node; with WireGuard they have no gateway, and the kernel made none of them. */
const isToPeer = ({ dev, gateway, own }: Route) =>
  /^flannel/.test(dev) && (gateway !== undefined || (/^flannel-wg/.test(dev) && own === undefined))
