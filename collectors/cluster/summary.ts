import { duration } from '../../agent/text/durations.ts'
import { list, many } from '../../agent/text/lists.ts'
import type { ClusterSample } from './sample.ts'
import { firstOf, readyServers } from './teller.ts'
import { verdictOf } from './verdict.ts'

const named = 3
const words = {
  lost: 'NotReady',
  stopped: 'NotReady, machine answers',
  joining: 'joining',
  leaving: 'leaving the cluster',
  ill: 'NotReady, kubelet alive',
  own: 'NotReady, notifies itself',
  drained: 'drained',
  rebooting: 'rebooting by order',
  off: 'powered off by order',
} as const

/** "5 nodes, all Ready; server1 notifies of lost ones". Pure. */
export function summary({ role, place, nodes = [], lost = [], silent }: ClusterSample, now: number): string {
  if (!role) return 'no k3s on this machine'
  if (!place) return 'only servers watch other nodes'
  if (silent) {
    if (silent.stopped !== undefined) return 'k3s stopped here, nodes as they were'
    const mute = silent.peers.filter((it) => it.since !== undefined).map((it) => it.name)
    const others = mute.length > 0 ? `; not answering either: ${list(mute.slice(0, named))}` : ''
    return `API not answering for ${duration(now - silent.since)}, nodes as they were${others}`
  }
  if (nodes.length === 0) return 'nodes not listed'
  const away = lost.map((it) => {
    const verdict = verdictOf(
      it,
      nodes.find((one) => one.name === it.name),
      now,
    )
    const who = it.by === place.me ? '' : `, ${it.by} notifies`
    return `${it.name} ${it.by === place.me ? words[verdict] : 'NotReady'}${who}`
  })
  if (away.length > 0) {
    const rest = away.length > named ? `; ${away.length - named} more` : ''
    return `${many(nodes.length, 'node')}; ${away.slice(0, named).join('; ')}${rest}`
  }
  const self = nodes.find((it) => it.name === place.me)
  const first = firstOf(readyServers(nodes)) ?? place.me
  const state = self?.ready === false ? 'this one NotReady' : 'all Ready'
  return nodes.length === 1
    ? `1 node, ${state}`
    : `${many(nodes.length, 'node')}, ${state}; ${first} notifies of lost ones`
}
