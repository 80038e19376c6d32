import type { Host, Unseen } from '../../agent/model/index.ts'
import { minute, second } from '../../agent/text/times.ts'
import type { NodeRow } from '../node/api-objects.ts'
import { isDue } from './pace.ts'
import { kubeletOf, podsOn, readNode } from './requests.ts'
import type { Detail, Lost, Place } from './sample.ts'
import { holds, readyServers, tellerOf } from './teller.ts'
import { leavingOf, shutsDown } from './verdict.ts'

const detailFor = minute
/** So many lost nodes are asked about in one round: each costs three requests. */
const mostAsked = 3
/** From then on none is asked about: 9 s more are needed at most (3 s each), and the round has 30 s. */
const asksFor = 15 * second
const mostLost = 50
const mostServers = 9
const namedVolumes = 3

/** What was known before this round. */
export interface Known {
  readonly nodes: readonly NodeRow[]
  readonly lost: readonly Lost[]
  /** When that was. */
  readonly at: number | undefined
}

/**
 * Each is asked about when it is first seen, and then once a minute by the server that notifies of it. All at once: where
 * nodes are lost, answers are slow, and a round that outlasts its time says nothing at all.
 */
export async function lookAtLost(
  host: Host,
  place: Place,
  nodes: readonly NodeRow[],
  { before, began }: { readonly before: Known; readonly began: number },
): Promise<readonly Lost[]> {
  const now = host.now()
  const all = away(place, nodes).slice(0, mostLost)
  const server = whenReady(host, place, nodes)
  const known = all.map((row) => {
    const last = before.lost.find((it) => it.name === row.name)
    const chosen = last && holds(last.by, { me: place.me, nodes }) ? last.by : undefined
    const isMine = chosen === place.me && (!last?.detail || isDue(now, detailFor))
    return { row, last, chosen, wants: chosen === undefined || isMine }
  })
  // First those of which nothing is known: until then nothing is said of them.
  const asking = new Set(
    known
      .filter((it) => it.wants)
      .toSorted((a, b) => Number(a.last?.asked ?? false) - Number(b.last?.asked ?? false))
      .slice(0, now - began < asksFor ? mostAsked : 0),
  )
  return await Promise.all(
    known.map(async (it): Promise<Lost> => {
      const { row, last, chosen } = it
      const { name } = row
      const { first, wellAt } = last ?? { first: now, wellAt: seenWell(name, before) }
      const ask = asking.has(it)
      const detail = (ask ? await detailOf(host, place, row, first, last?.detail) : undefined) ?? last?.detail
      const since = detail?.ready?.since
      const choice = { me: place.me, nodes, lostAt: since }
      const by = chosen ?? tellerOf(since === undefined ? choice : { ...choice, readySince: await server() })
      return {
        ...{ name, first, by },
        ...(wellAt !== undefined && { wellAt }),
        ...((ask || last?.asked) && by === place.me && { asked: true as const }),
        ...(detail && by === place.me && { detail }),
      }
    }),
  )
}

const away = ({ me }: Place, nodes: readonly NodeRow[]) => nodes.filter((it) => !it.ready && it.name !== me)

/** Lost nodes that are not followed, as there are too many. Pure. */
export function notFollowed(place: Place, nodes: readonly NodeRow[]): readonly Unseen[] {
  const left = away(place, nodes).slice(mostLost)
  if (left.length === 0) return []
  return [
    {
      what: `lost nodes beyond the first ${mostLost}`,
      why: 'no more are followed at once',
      codes: ['cluster.node-lost'],
      subjects: left.map((it) => it.name),
    },
  ]
}

/** When a node was last listed as Ready. */
function seenWell(name: string, { nodes, at }: Known): number | undefined {
  const isReady = nodes.some((it) => it.name === name && it.ready)
  return isReady ? at : undefined
}

/** Since when each server is Ready; asked once in a round, and only where it has to be known. */
function whenReady(
  host: Host,
  place: Place,
  nodes: readonly NodeRow[],
): () => Promise<ReadonlyMap<string, number>> {
  let known: Promise<ReadonlyMap<string, number>> | undefined
  const ask = async () => {
    const servers = readyServers(nodes).slice(0, mostServers)
    const found = await Promise.all(
      servers.map(async (it) => [it, (await readNode(host, place, it))?.conditions.Ready?.since] as const),
    )
    return new Map(found.flatMap(([name, since]) => (since === undefined ? [] : [[name, since] as const])))
  }
  return () => {
    known ??= ask()
    return known
  }
}

/** Pods that cannot be read this time stay as they were: else a drained node would ring for one answer that is late. */
async function detailOf(
  host: Host,
  place: Place,
  { name, address }: NodeRow,
  first: number,
  last: Detail | undefined,
): Promise<Detail | undefined> {
  const [node, kubelet] = await Promise.all([
    readNode(host, place, name),
    address === undefined ? undefined : kubeletOf(host, place, address),
  ])
  if (!node) return undefined
  const { Ready: ready, MurphyHealthy: murphy } = node.conditions
  const pods = (await podsOn(host, place, name, Math.min(first, ready?.since ?? first))) ?? last?.pods
  const leaving = leavingOf(node.taints)
  const isShutdown = last?.shutdown ?? (ready && shutsDown(ready))
  return {
    ...(ready && { ready }),
    ...(node.created !== undefined && { created: node.created }),
    ...(leaving && { leaving }),
    ...(isShutdown && { shutdown: true }),
    ...(kubelet && { kubelet }),
    ...(murphy && { murphy }),
    volumes: node.volumes.slice(0, namedVolumes),
    volumeCount: node.volumes.length,
    ...(pods && { pods }),
  }
}
