import type { Host, Past } from '../../agent/model/index.ts'
import { minute } from '../../agent/text/times.ts'
import { print, type See } from './ask.ts'
import { linkOf, type Plan } from './expected.ts'
import { parseRoutes } from './links.ts'
import { join, parseForwarding, parseNeighbours } from './peers.ts'
import { isOfPoll } from './reach-poll.ts'
import type { Code } from './rules.ts'
import type { CniSample } from './sample.ts'

const neighbours = ['ip', '-j', '-d', 'neigh', 'show']
const forwarding = ['bridge', '-j', 'fdb', 'show']
const routes6 = ['ip', '-j', '-d', '-6', 'route', 'show']

/** How often neighbours and FDB are read even without an event, ms. */
const unheard = 30 * minute

/**
 * Whether to read neighbours and FDB, which costs two processes: the first time, after an event about an overlay, when
 * other nodes fell silent, while a peer lacks something or an overlay is down, and every half hour in case an event was lost.
 */
function needsPeers({ sample, at, heard }: Past<CniSample>, vxlans: readonly string[], now: number): boolean {
  if (!sample?.peers || at === undefined) return true
  if (Math.floor(now / unheard) !== Math.floor(at / unheard)) return true
  // `ip monitor` itself reports that it missed events, or ended.
  const isOfPeers = (text: string) =>
    text.startsWith('ip monitor') || isOfPoll(text) || vxlans.some((it) => text.includes(it))
  if (heard.some(({ text }) => isOfPeers(text))) return true
  return sample.peers.some((it) => it.lacks) || vxlans.some((it) => !linkOf(sample, it)?.up)
}

/** The other nodes and the route to each. The forwarding database is read only where there are other nodes. */
export async function readPeers(
  host: Host,
  see: See,
  {
    seen,
    it,
    ipv6,
    past,
    routes,
  }: {
    seen: CniSample
    it: Extract<Plan, { kind: 'flannel' }>
    ipv6: boolean
    past: Past<CniSample>
    routes: ReturnType<typeof parseRoutes> | undefined
  },
): Promise<Pick<CniSample, 'peers' | 'direct'>> {
  const before = past.sample
  const codes: readonly Code[] = ['cni.routes-missing']
  const six = ipv6 ? await see('IPv6 routes', codes, () => print(host, routes6, parseRoutes)) : undefined
  if (!routes || (ipv6 && !six))
    return before?.peers ? { peers: before.peers.map(({ lacks: _, ...peer }) => peer) } : {}
  const all = [...routes.routes, ...(six?.routes ?? [])]
  const vxlans = it.overlays.filter((name) => {
    const link = linkOf(seen, name)
    return link?.kind === 'vxlan' && link.up
  })
  const known = before?.peers ?? []
  const fresh = vxlans.length > 0 && needsPeers(past, vxlans, host.now())
  const near = fresh
    ? await see('neighbours', codes, () => print(host, neighbours, parseNeighbours))
    : undefined
  const alone = known.length === 0 && !all.some((one) => vxlans.includes(one.dev)) && !hasPeer(near, vxlans)
  const fdb =
    fresh && !alone
      ? await see('the forwarding database', codes, () => print(host, forwarding, parseForwarding))
      : undefined
  const peers = join(
    { routes: all, ...(near && { neighbours: near }), ...(fdb && { forwarding: fdb }) },
    known,
    {
      vxlans,
      overlays: it.overlays,
      networks: seen.subnet?.networks ?? [],
      own: seen.subnet?.addresses ?? [],
    },
  )
  const direct = [...new Set([...routes.direct, ...(six?.direct ?? [])])]
  return { peers, ...(it.backend === 'wireguard' && { direct }) }
}

const hasPeer = (near: ReadonlyMap<string, string> | undefined, vxlans: readonly string[]) =>
  [...(near?.keys() ?? [])].some((key) => vxlans.includes(key.split(' ')[0] ?? ''))
