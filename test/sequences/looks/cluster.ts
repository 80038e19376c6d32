import { exactMoment } from '../../../agent/text/times.ts'
import type { Fact, Node } from '../node.ts'
import { apiWrong } from '../reach.ts'
import { from, type Origin, type Statement, together } from '../truth.ts'

const second = 1000
const minute = 60 * second
/** A kubelet that is silent shows after so long, and a PLEG that hangs (k8s: node-monitor-grace-period, pleg). */
const [silence, pleg] = [50 * second, 3 * minute]
/** collectors/k3s/node-not-ready.ts `starts`, collectors/cluster/assess.ts `starts`. */
const starts = 3 * minute

interface Shown extends Origin {
  /** When the API began to show it, true time. */
  readonly shown: number
}

/** What the API shows of something that began at a true time, once it can: a restart of k3s hides it for a while. */
function shownOf(node: Node, fact: Fact, after: number): Shown | undefined {
  const wrong = node.wrong.get(fact)
  if (!wrong || node.time.now() - wrong.since < after) return undefined
  return { by: wrong.by, after: wrong.after, shown: wrong.since + after }
}

/** Whether the API says it now; else what was known is kept, and nothing new is opened. */
function seenNow(node: Node): boolean {
  const { running } = node.k3s
  return running !== undefined && node.time.now() - running.since >= starts && !apiWrong(node)
}

/** This node as the cluster shows it, as the collector of k3s says it. */
export function nodeStateSays(node: Node): readonly Statement[] {
  const hung = shownOf(node, 'kubelet', silence)
  const stuck = shownOf(node, 'runtime', pleg)
  const origin = together([hung && from(hung, 'k3s.kubelet-unhealthy'), stuck])
  if (!origin) return []
  const shown = Math.min(...[hung, stuck].flatMap((it) => it?.shown ?? []))
  return [
    {
      code: 'k3s.node-not-ready',
      subject: 'node1',
      at: node.wall(shown),
      text: `The cluster shows node1 as NotReady since ${exactMoment(node.wall(shown))}.`,
      evidence: { reason: hung ? 'silent' : 'pleg' },
      seen: seenNow(node),
      early: true,
      ...origin,
    },
  ]
}

/** What the collector of other nodes says: this server is the only one, so it notifies. */
export function clusterSays(node: Node): readonly Statement[] {
  const lost = shownOf(node, 'peer', silence)
  if (!lost) return []
  return [
    {
      code: 'cluster.node-lost',
      subject: 'node2',
      at: node.wall(lost.shown),
      text: `node2 is NotReady since ${exactMoment(node.wall(lost.shown))}: its kubelet reports nothing any more.`,
      evidence: { state: 'lost', agents: 'none' },
      seen: seenNow(node),
      early: true,
      ...lost,
    },
  ]
}
