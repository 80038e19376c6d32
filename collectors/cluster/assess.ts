import type { Observation } from '../../agent/model/index.ts'
import { exactMoment, minute, second } from '../../agent/text/times.ts'
import { allLost } from './cut-off.ts'
import { illness, silence } from './node-lost.ts'
import { silentPeers } from './peers-silent.ts'
import type { Code } from './rules.ts'
import type { ClusterSample, Lost } from './sample.ts'
import { lostAt, type Verdict, verdictOf } from './verdict.ts'
import { lostAtOnce } from './watched.ts'

/** A node whose kubelet lives, or whose machine answers, may be starting: k3s gets as long on a small board. */
const starts = 3 * minute
/** Who cordons a node is about to upgrade it, or to remove it. */
const cordoned = 5 * minute
/** NotReady shows so late, at the latest, after a server has begun to watch. */
const shows = 90 * second

/** Which other nodes are lost, as far as it is this server that notifies. Pure. */
export function assess(sample: ClusterSample, now: number): readonly Observation<Code>[] {
  const { place, silent } = sample
  if (!place) return []
  if (!silent) return ofNodes(sample, now)
  const asOf = exactMoment(silent.since)
  const peers = silentPeers(sample, now)
  return [
    ...peers,
    // While the API does not answer it is not known whether they are back.
    ...ofNodes(sample, silent.since)
      .filter(({ subject }) => !peers.some((it) => it.subject === subject))
      .map((it) => ({ ...it, text: `As of ${asOf}: ${it.text}`, starting: true as const })),
  ]
}

function ofNodes(sample: ClusterSample, now: number): Observation<Code>[] {
  const { place, lost = [] } = sample
  if (!place) return []
  const at = lostAtOnce(sample, now)
  const rest = lost.filter((it) => it.by === place.me && !at.includes(it))
  return [
    ...(at.length > 0 ? [{ ...allLost(sample, at), ...early(at, sample, now) }] : []),
    ...rest.flatMap((it) =>
      observed(it, sample, now).map((one) => ({ ...one, ...early([it], sample, now) })),
    ),
  ]
}

/**
 * Where nodes were lost before this server began to watch, or so soon after that it may be why, they may be starting like
 * itself, as after a power cut. While the API was away none could renew its Lease; what was lost before that is lost.
 */
function early(lost: readonly Lost[], { watched, answers = 0 }: ClusterSample, now: number) {
  const isSoon = ({ first }: Lost, begun: number) => now - begun < starts && first - begun < shows
  return lost.every((it) => isSoon(it, watched ?? now) || (it.first >= answers && isSoon(it, answers)))
    ? { starting: true as const }
    : {}
}

function observed(lost: Lost, { nodes = [], place }: ClusterSample, now: number): Observation<Code>[] {
  const row = nodes.find((it) => it.name === lost.name)
  const verdict = verdictOf(lost, row, now)
  const patience = patienceOf(verdict)
  if (patience === undefined || !place) return []
  const since = lostAt(lost)
  const unasked = lost.asked ? 0 : starts
  const isEarly = now - since < Math.max(patience, unasked, row?.cordoned ? cordoned : 0)
  const it =
    verdict === 'ill' ? illness(lost, since) : silence({ lost, row, nodes, place, since, verdict, now })
  return [{ ...it, ...(isEarly && { starting: true as const }) }]
}

/** How long a node that is not Ready may be so before it is reported; undefined: for ever. */
function patienceOf(verdict: Verdict): number | undefined {
  if (verdict === 'lost') return 0
  return verdict === 'stopped' || verdict === 'ill' ? starts : undefined
}
