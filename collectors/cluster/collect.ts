import { dirname } from 'node:path'
import type { Host, Past, Unseen } from '../../agent/model/index.ts'
import { HostError, unseen } from '../../agent/model/index.ts'
import { minute, second } from '../../agent/text/times.ts'
import type { NodeRow } from '../node/api-objects.ts'
import { exists, orNothing } from '../node/ask.ts'
import { findK3s } from '../node/k3s.ts'
import { findNodeApi } from '../node/node-api.ts'
import { askPeers } from './peers.ts'
import { listNodes, NoAnswer, podsOn, readNode } from './requests.ts'
import type { ClusterSample, Detail, Lost, Place } from './sample.ts'
import { holds, readyServers, tellerOf } from './teller.ts'

/** Rounds come every ten seconds; while all is well every second one asks, and what is known is read again rarely. */
const pace = 10 * second
const placeFor = 5 * minute
const detailFor = minute
/** So many lost nodes are asked about in one round: each costs two requests. */
const mostAsked = 3
/** From then on none is asked about: 9 s more are needed at most (3 s each), and the round has 30 s. */
const asksFor = 15 * second
const mostLost = 50
const mostServers = 9
const namedVolumes = 3

/** Reads, and decides who notifies; judges no rule. */
export async function collect(host: Host, past: Past<ClusterSample>): Promise<ClusterSample> {
  const before = past.sample
  const now = host.now()
  if (before && isCalm(before, past, now)) return before
  const known = before?.role && !isDue(now, placeFor) ? before : await findPlace(host)
  const { role, place } = known
  if (!role) return {}
  if (!place) return { role }
  try {
    const { nodes, more } = await listNodes(host, place)
    const lost = await lookAtLost(host, place, nodes, { before: before?.lost ?? [], began: now })
    return {
      ...{ role, place, nodes },
      ...(lost.length > 0 && { lost }),
      ...(more && { unseen: [beyond(nodes.length)] }),
    }
  } catch (error) {
    if (error instanceof NoAnswer) return await withoutApi(host, { ...before, role, place }, error.message)
    if (!(error instanceof HostError)) throw error
    // A server whose kubelet has no certificates yet is about to join.
    const blind = unseen('the other nodes', error, ['cluster.node-lost'])
    return { ...before, role, place, unseen: [blind] }
  }
}

/** Whether a pause of so many ms ends with this round, by the clock: nothing has to be kept for that. */
const isDue = (now: number, pause: number) => Math.floor(now / pace) % Math.round(pause / pace) === 0

/** Nothing is wrong, and it is a round in which nobody is asked. */
function isCalm(
  { role, place, lost, silent, unseen: blind }: ClusterSample,
  { at }: Past<ClusterSample>,
  now: number,
): boolean {
  if (lost || silent || blind || at === undefined || now - at > 2 * pace) return false
  if (!role || !place) return !isDue(now, placeFor)
  return !isDue(now, 2 * pace)
}

/** Only servers look at other nodes; one without a kubelet of its own has no name in the cluster. */
async function findPlace(host: Host): Promise<Pick<ClusterSample, 'role' | 'place'>> {
  const k3s = await findK3s(host)
  if (!k3s) return {}
  const { role } = k3s
  if (role !== 'server') return { role }
  try {
    const { node, origin, authority, certificate } = await findNodeApi(host, k3s)
    return { role, place: { me: node, api: { origin, authority, certificate } } }
  } catch (error) {
    if (error instanceof HostError && error.code === 'missing') return { role }
    throw error
  }
}

/**
 * Each is asked about when it is first seen, and then once a minute by the server that notifies of it. All at once: where
 * nodes are lost, answers are slow, and a round that outlasts its time says nothing at all.
 */
async function lookAtLost(
  host: Host,
  place: Place,
  nodes: readonly NodeRow[],
  { before, began }: { readonly before: readonly Lost[]; readonly began: number },
): Promise<readonly Lost[]> {
  const now = host.now()
  const all = nodes.filter((it) => !it.ready && it.name !== place.me).slice(0, mostLost)
  const server = whenReady(host, place, nodes)
  let left = now - began < asksFor ? mostAsked : 0
  return await Promise.all(
    all.map(async ({ name }): Promise<Lost> => {
      const last = before.find((it) => it.name === name)
      const first = last?.first ?? now
      const chosen = last && holds(last.by, { me: place.me, nodes }) ? last.by : undefined
      const isMine = chosen === place.me && (!last?.detail || isDue(now, detailFor))
      const ask = left > 0 && (chosen === undefined || isMine)
      if (ask) left -= 1
      const known = last?.detail
      const detail = (ask ? await detailOf(host, place, name, first, known) : undefined) ?? known
      const since = detail?.ready?.since
      const choice = { me: place.me, nodes, lostAt: since }
      const by = chosen ?? tellerOf(since === undefined ? choice : { ...choice, readySince: await server() })
      return { name, first, by, ...(detail && by === place.me && { detail }) }
    }),
  )
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
  name: string,
  first: number,
  last: Detail | undefined,
): Promise<Detail | undefined> {
  const node = await readNode(host, place, name)
  if (!node) return undefined
  const { Ready: ready, MurphyHealthy: murphy } = node.conditions
  const pods = (await podsOn(host, place, name, Math.min(first, ready?.since ?? first))) ?? last?.pods
  return {
    ...(ready && { ready }),
    ...(murphy && { murphy }),
    volumes: node.volumes.slice(0, namedVolumes),
    volumeCount: node.volumes.length,
    ...(pods && { pods }),
  }
}

/** What was known of the nodes stays; the other servers are asked whether they live. */
async function withoutApi(
  host: Host,
  { role, place, nodes = [], lost, silent }: ClusterSample & { readonly place: Place },
  why: string,
): Promise<ClusterSample> {
  const peers = await askPeers(host, place, nodes, silent?.peers ?? [])
  const since = silent?.since ?? host.now()
  // DATA_DIR/agent/client-kubelet.crt
  const etcd = await orNothing(exists(host, `${dirname(dirname(place.api.certificate))}/server/db/etcd`))
  return {
    ...(role && { role }),
    place,
    nodes,
    ...(lost && { lost }),
    silent: { since, why, ...(etcd && { etcd }), peers },
  }
}

const beyond = (count: number): Unseen => ({
  what: `nodes beyond the first ${count}`,
  why: 'no more are read in one round',
  codes: ['cluster.node-lost'],
})
