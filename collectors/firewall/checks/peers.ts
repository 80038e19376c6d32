import { isIP } from 'node:net'
import { type Host, HostError } from '../../../agent/model/index.ts'
import { orNothing } from '../../node/ask.ts'
import type { K3s } from '../../node/k3s.ts'
import { serversOf } from '../../node/servers.ts'
import { remoteAddresses } from '../../node/sockets.ts'
import type { Family } from '../cells.ts'
import { contains, type Network, network } from '../packet/networks.ts'
import type { Other } from './needs.ts'

/** Another node: its address, the interface by which it is reached, and this node's own address there. */
export interface Peer {
  readonly address: string
  readonly on?: string
  readonly own?: string
}

/** The other nodes, as far as a verdict needs them. */
export interface Peers {
  /** Whether there are any; of some kinds the addresses cannot be seen. */
  readonly there: boolean
  readonly peers: readonly Peer[]
}

/** Addresses that are looked at; more would say the same. */
const mostPeers = 64
const routesOf: Readonly<Record<Family, readonly string[]>> = {
  ipv4: ['ip', '-j', '-d', 'route', 'show'],
  ipv6: ['ip', '-j', '-d', '-6', 'route', 'show'],
}
const forwarding = ['bridge', '-j', 'fdb', 'show']
const mostSockets = 16 * 1024 * 1024

interface Route {
  readonly to: Network
  readonly dev: string
  readonly gateway?: string
  readonly own?: string
}

/**
 * The other nodes of one kind in one family, by what flannel (nodes), the load balancer of an agent (servers) and the
 * connections of etcd know of them. An agent always has another node, its server. Throws a HostError where the routes
 * cannot be read.
 */
export async function readPeers(host: Host, k3s: K3s, family: Family, other: Other): Promise<Peers> {
  const routes = parseRoutes(await printed(host, routesOf[family]))
  const addresses = (await addressesOf(host, k3s, other, routes)).filter(
    (it) => isIP(it) === (family === 'ipv4' ? 4 : 6),
  )
  const peers = [...new Set(addresses)].slice(0, mostPeers).map((it) => peerAt(it, routes))
  if (other !== 'node') return { there: peers.length > 0, peers }
  return { there: k3s.role === 'agent' || peers.length > 0 || routes.some(isToPeer), peers }
}

async function addressesOf(
  host: Host,
  k3s: K3s,
  other: Other,
  routes: readonly Route[],
): Promise<readonly string[]> {
  if (other === 'server')
    return (await serversOf(host, k3s)).map((it) => it.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1'))
  if (other === 'etcd') {
    const read = (path: string) => orNothing(host.text(path, { limit: mostSockets }))
    const texts = await Promise.all([read('/proc/net/tcp'), read('/proc/net/tcp6')])
    return texts.flatMap((text) => remoteAddresses(text ?? '', 2380))
  }
  if (!routes.some(isToPeer)) return []
  // A stranger's program of that name prints something else.
  const printing = await orNothing(printed(host, forwarding))
  return (printing ?? []).flatMap(({ ifname, dst }) =>
    /^flannel/.test(String(ifname)) && typeof dst === 'string' ? [dst] : [],
  )
}

/** flannel's routes to the pods of another node; with WireGuard they have no gateway, and the kernel made none of them. */
const isToPeer = ({ dev, gateway, own }: Route) =>
  /^flannel/.test(dev) && (gateway !== undefined || (/^flannel-wg/.test(dev) && own === undefined))

function peerAt(address: string, routes: readonly Route[]): Peer {
  const at = network(address)
  const [best] = routes
    .filter(({ to }) => at && (to.prefix === 0 || contains(to, at)))
    .sort((a, b) => b.to.prefix - a.to.prefix)
  if (!best) return { address }
  const own = best.own ?? routes.find((it) => it.dev === best.dev && it.own !== undefined)?.own
  return { address, on: best.dev, ...(own !== undefined && { own }) }
}

type Row = Readonly<Record<string, unknown>>

/** What one of iproute2's commands prints with `-j`: a list. */
async function printed(host: Host, argv: readonly string[]): Promise<readonly Row[]> {
  const { stdout, exit } = await host.run(argv)
  const doing = `running \`${argv.join(' ')}\``
  if (exit !== 0) throw new HostError('failed', `${doing}: exit code ${exit}`)
  let rows: unknown
  try {
    rows = JSON.parse(stdout)
  } catch {
    rows = undefined
  }
  if (!Array.isArray(rows)) throw new HostError('failed', `${doing}: it did not print a list as JSON`)
  return rows.filter((it) => typeof it === 'object' && it !== null)
}

function parseRoutes(rows: readonly Row[]): readonly Route[] {
  return rows.flatMap(({ dst, dev, gateway, prefsrc }): Route[] => {
    const [own, via] = [prefsrc, gateway].map((it) => (typeof it === 'string' && isIP(it) ? it : undefined))
    const to = network(dst === 'default' ? (via?.includes(':') ? '::/0' : '0.0.0.0/0') : String(dst))
    if (!to || typeof dev !== 'string' || !/^[\w.@:-]{1,15}$/.test(dev)) return []
    return [{ to, dev, ...(via !== undefined && { gateway: via }), ...(own !== undefined && { own }) }]
  })
}
