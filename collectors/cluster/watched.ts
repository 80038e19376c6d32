import type { Past } from '../../agent/model/index.ts'
import { minute, second } from '../../agent/text/times.ts'
import type { ClusterSample, Lost } from './sample.ts'
import { isOldNews, lostAt, verdictOf } from './verdict.ts'

/**
 * So long without an answer of the API, by rounds that come every ten or twenty seconds, and Leases may have lapsed only
 * because no kubelet could renew its own; shorter, and they cannot (40 s).
 */
const lapse = 25 * second
/** Murphy itself did not look for as long. */
const gap = minute
/** Nodes that are lost within this time of each other are lost at once: Leases of 40 s, renewed every 10 s. */
export const atOnce = 2 * minute

/**
 * Since when this server has watched the nodes without a gap. It begins anew when it starts, and after all nodes were lost
 * at once: then those come back one after the other, and some only after a while. Pure.
 */
export function watchedSince(
  { sample: before, at }: Pick<Past<ClusterSample>, 'sample' | 'at'>,
  cutOff: boolean,
  now: number,
): number {
  const { watched, silent, place, nodes, lost } = before ?? {}
  if (watched === undefined || at === undefined || now - at > gap) return now
  const was = !silent && isCutOff({ ...(place && { place }), nodes: nodes ?? [], lost: lost ?? [] }, at)
  return was && !cutOff ? now : watched
}

/** Since when the API answers again, where it was away for so long that Leases may have lapsed by that alone. Pure. */
export const answersSince = (
  { answers, silent }: Pick<ClusterSample, 'answers' | 'silent'>,
  now: number,
): number | undefined => (silent && now - silent.since >= lapse ? now : answers)

/**
 * The nodes that were lost at once, where no other node is left that reports, and that this server notifies of; none
 * where it is fewer than two, or where some report. Pure.
 */
export function lostAtOnce(
  { place, nodes = [], lost = [] }: Pick<ClusterSample, 'place' | 'nodes' | 'lost'>,
  now: number,
): readonly Lost[] {
  if (!place || nodes.some((it) => it.ready && it.name !== place.me)) return []
  const all = lost.map((it) => ({
    it,
    at: lostAt(it),
    verdict: verdictOf(
      it,
      nodes.find(({ name }) => name === it.name),
      now,
    ),
  }))
  if (all.some(({ verdict }) => verdict === 'ill' || verdict === 'own' || verdict === 'joining')) return []
  const away = all.filter(({ verdict, it }) => verdict === 'lost' && it.by === place.me && !isOldNews(it))
  const last = Math.max(...away.map((it) => it.at))
  const group = away.filter((it) => last - it.at <= atOnce)
  return group.length > 1 ? group.map(({ it }) => it) : []
}

/** Whether all that is left of the cluster is this server. Pure. */
export const isCutOff = (sample: Parameters<typeof lostAtOnce>[0], now: number): boolean =>
  lostAtOnce(sample, now).length > 0
