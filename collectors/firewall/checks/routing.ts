import { isIP } from 'node:net'
import { type Host, HostError } from '../../../agent/model/index.ts'
import { orNothing } from '../../node/ask.ts'
import type { Family } from '../cells.ts'
import { isInside } from '../packet/match.ts'
import { contains, type Network, network } from '../packet/networks.ts'

/**
 * Another node: its address, and, where they are known for certain, the interface by which it is reached and this node's
 * own address there.
 */
export interface Peer {
  readonly address: string
  readonly on?: string
  readonly own?: string
}

/** One route of the table `main`. */
export interface Route {
  readonly to: Network
  readonly dev: string
  readonly gateway?: string
  readonly own?: string
}

/** One object of what iproute2 prints with `-j`. */
export type Row = Readonly<Record<string, unknown>>

const command = (family: Family, ...words: readonly string[]) => [
  ...['ip', '-j', ...(family === 'ipv6' ? ['-6'] : [])],
  ...words,
]
const routesOf: Readonly<Record<Family, readonly string[]>> = {
  ipv4: ['ip', '-j', '-d', 'route', 'show'],
  ipv6: ['ip', '-j', '-d', '-6', 'route', 'show'],
}

/** Nodes for which the kernel is asked one by one, a process each; the interface of further ones stays unknown. */
const mostAsked = 8

/** What one of iproute2's commands prints with `-j`: a list. Throws a HostError where it prints something else. */
export async function printed(host: Host, argv: readonly string[]): Promise<readonly Row[]> {
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

/** The routes of the table `main`. Throws a HostError where they cannot be read. */
export const readRoutes = async (host: Host, family: Family): Promise<readonly Route[]> =>
  (await printed(host, routesOf[family])).flatMap(parseRoute)

function parseRoute({ dst, dev, gateway, prefsrc }: Row): Route[] {
  const [own, via] = [prefsrc, gateway].map((it) => (typeof it === 'string' && isIP(it) ? it : undefined))
  const to = network(dst === 'default' ? (via?.includes(':') ? '::/0' : '0.0.0.0/0') : String(dst))
  if (!to || typeof dev !== 'string' || !/^[\w.@:-]{1,15}$/.test(dev)) return []
  return [{ to, dev, ...(via !== undefined && { gateway: via }), ...(own !== undefined && { own }) }]
}

/**
 * By which interface each of these is reached. The table `main` says so only where the kernel asks no other: Tailscale,
 * wg-quick and Cilium have tables of their own that come first. There the kernel itself is asked, and where it cannot
 * know, as with rules by source, the interface is unknown.
 */
export async function peersAt(
  host: Host,
  family: Family,
  addresses: readonly string[],
  routes: readonly Route[],
): Promise<readonly Peer[]> {
  if (addresses.length === 0) return []
  const deciding = decidedBy(await orNothing(printed(host, command(family, 'rule', 'show'))))
  if (deciding === 'main') return addresses.map((it) => atMain(it, routes))
  return Promise.all(
    addresses.map(async (address, index) => {
      const row =
        deciding === 'kernel' && index < mostAsked
          ? (await orNothing(printed(host, command(family, 'route', 'get', address))))?.[0]
          : undefined
      const [found] = row ? parseRoute(row) : []
      if (found) return { address, on: found.dev, ...(found.own !== undefined && { own: found.own }) }
      // What may come by a bridge that looks like one of containers is not followed, so that is still said.
      const { on } = atMain(address, routes)
      return { address, ...(on !== undefined && isInside(on) && { on }) }
    }),
  )
}

/** What every node has (ip-rule(8)). */
const usual = new Set(['local', 'main', 'default'])
/** Selectors that `ip route get ADDRESS` does not answer for. */
const beyond = ['iif', 'oif', 'ipproto', 'sport', 'dport', 'uid_start', 'l3mdev'] as const

/** Who knows the way to a node by these policy rules: the table `main`, only the kernel, or neither. */
function decidedBy(rules: readonly Row[] | undefined): 'main' | 'kernel' | undefined {
  if (!rules || rules.length === 0) return undefined
  if (rules.some((it) => it.src !== 'all' || beyond.some((key) => key in it))) return undefined
  const plain = (it: Row) =>
    usual.has(String(it.table)) &&
    Object.keys(it).every((key) => ['priority', 'src', 'table', 'protocol'].includes(key))
  return rules.every(plain) ? 'main' : 'kernel'
}

function atMain(address: string, routes: readonly Route[]): Peer {
  const at = network(address)
  const [best] = routes
    .filter(({ to }) => at && (to.prefix === 0 || contains(to, at)))
    .sort((a, b) => b.to.prefix - a.to.prefix)
  if (!best) return { address }
  const there = new Set(routes.flatMap((it) => (it.dev === best.dev ? (it.own ?? []) : [])))
  // Of several addresses any may be the one that k3s was given.
  const own = there.size === 1 ? [...there][0] : undefined
  return { address, on: best.dev, ...(own !== undefined && { own }) }
}
