import { dirname } from 'node:path'
import type { Host, Past, Unseen } from '../../agent/model/index.ts'
import { HostError, unseen } from '../../agent/model/index.ts'
import { minute } from '../../agent/text/times.ts'
import { exists, orNothing } from '../node/ask.ts'
import { findK3s } from '../node/k3s.ts'
import { findNodeApi } from '../node/node-api.ts'
import { lookAtLost, notFollowed } from './lost.ts'
import { isDue, pace } from './pace.ts'
import { askPeers } from './peers.ts'
import { listNodes, NoAnswer } from './requests.ts'
import type { ClusterSample, Place } from './sample.ts'
import { answersSince, isCutOff, watchedSince } from './watched.ts'

/** What is known of this node is read again rarely. */
const placeFor = 5 * minute
/** Between two rounds k3s may be starting again by itself, as it does without a quorum. */
const restarts = 1.5 * pace

const codes = ['cluster.node-lost', 'cluster.cut-off']

/** Reads, and decides who notifies; judges no rule. */
export async function collect(host: Host, past: Past<ClusterSample>): Promise<ClusterSample> {
  const { sample: before } = past
  const now = host.now()
  if (before && isIdle(before, past, now)) return before
  const known = before?.role && !isDue(now, placeFor) ? before : await findPlace(host)
  const { role, place } = known
  if (!role) return {}
  if (!place) return { role }
  try {
    const { nodes, more } = await listNodes(host, place)
    const last = { nodes: before?.nodes ?? [], lost: before?.lost ?? [], at: before?.seen }
    const lost = await lookAtLost(host, place, nodes, { before: last, began: now })
    const watched = watchedSince(past, isCutOff({ place, nodes, lost }, now), now)
    const answers = answersSince(before ?? {}, now)
    const blind = [...(more ? [beyond(nodes.length)] : []), ...notFollowed(place, nodes)]
    return {
      ...{ role, place, nodes, watched, seen: now },
      ...(answers !== undefined && { answers }),
      ...(lost.length > 0 && { lost }),
      ...(blind.length > 0 && { unseen: blind }),
    }
  } catch (error) {
    if (error instanceof NoAnswer) return await withoutApi(host, { ...before, role, place }, error)
    if (!(error instanceof HostError)) throw error
    // A server whose kubelet has no certificates yet is about to join.
    return { ...before, role, place, unseen: [unseen('the other nodes', error, codes)] }
  }
}

/** No server, as far as is known: there is nobody to ask. */
const isIdle = (
  { role, place, unseen: blind }: ClusterSample,
  { at }: Past<ClusterSample>,
  now: number,
): boolean => !(role && place) && !blind && at !== undefined && now - at <= 3 * pace && !isDue(now, placeFor)

/** Only servers look at other nodes; one without a kubelet of its own has no name in the cluster. */
async function findPlace(host: Host): Promise<Pick<ClusterSample, 'role' | 'place'>> {
  const k3s = await findK3s(host)
  if (!k3s) return {}
  const { role, distribution } = k3s
  if (role !== 'server') return { role }
  try {
    const { node, origin, authority, certificate } = await findNodeApi(host, k3s)
    return { role, place: { me: node, distribution, api: { origin, authority, certificate } } }
  } catch (error) {
    if (error instanceof HostError && error.code === 'missing') return { role }
    throw error
  }
}

/** What was known of the nodes stays; the other servers are asked whether they live, while this one does. */
async function withoutApi(
  host: Host,
  {
    role,
    place,
    nodes = [],
    seen,
    lost,
    silent,
    watched,
    answers,
  }: ClusterSample & { readonly place: Place },
  { message: why, status }: NoAnswer,
): Promise<ClusterSample> {
  const now = host.now()
  const isRunning = (await findK3s(host))?.running !== undefined
  const stopped = isRunning ? undefined : (silent?.stopped ?? now)
  // Once k3s was really stopped, what it saw before says nothing any more: it begins anew.
  const isAnew = silent?.stopped !== undefined && now - silent.stopped >= restarts
  const since = (isAnew ? undefined : silent?.since) ?? now
  const last = isAnew ? [] : (silent?.peers ?? [])
  const peers = isRunning ? await askPeers(host, place, nodes, last) : last
  // DATA_DIR/agent/client-kubelet.crt
  const etcd = await orNothing(exists(host, `${dirname(dirname(place.api.certificate))}/server/db/etcd`))
  return {
    ...(role && { role }),
    place,
    nodes,
    ...(seen !== undefined && { seen }),
    ...(lost && { lost }),
    ...(watched !== undefined && { watched }),
    ...(answers !== undefined && { answers }),
    silent: {
      ...{ since, why, peers },
      ...(status === 401 && { refused: true }),
      ...(stopped !== undefined && { stopped }),
      ...(etcd && { etcd }),
    },
  }
}

const beyond = (count: number): Unseen => ({
  what: `nodes beyond the first ${count}`,
  why: 'no more are read in one round',
  codes: ['cluster.node-lost'],
})
