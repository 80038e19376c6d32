import { minute } from '../../agent/text/times.ts'
import type { NodeRow } from '../node/api-objects.ts'
import type { Lost } from './sample.ts'

/**
 * What a node that is not Ready means.
 *
 * - `lost`: its kubelet has stopped reporting, and nothing says that anybody wanted that;
 * - `ill`: its kubelet lives and says why it is not Ready;
 * - `drained`: it is cordoned, and it is known that nothing is on it that a drain would have moved;
 * - `rebooting`, `off`: it went down by order, by the last word of its own Murphy, or of its kubelet;
 * - `own`: its own Murphy looks and has something to say, so that it notifies itself.
 */
export type Verdict = 'lost' | 'ill' | 'drained' | 'rebooting' | 'off' | 'own'

/** How long a node that reboots by order may be away before that is no longer ordinary. */
export const reboots = 10 * minute
/** The last word is written as the node goes down, and the API sees it lost up to 50 s later. */
const lastWord = 10 * minute
/** Murphy confirms its conditions every five minutes: older than three times that, it does not look any more. */
const confirmed = 15 * minute

const goingDown: Readonly<Record<string, 'rebooting' | 'off'>> = {
  NodeRebooting: 'rebooting',
  // Nobody could tell as what.
  NodeGoingDown: 'rebooting',
  NodePoweringOff: 'off',
  NodeHalting: 'off',
}

/** When a node was lost: by the API, no later than this server saw it. */
export const lostAt = ({ first, detail }: Lost): number => Math.min(first, detail?.ready?.since ?? first)

/** Pure. Times of other machines are compared only with each other, but for `now`. */
export function verdictOf(lost: Lost, row: NodeRow | undefined, now: number): Verdict {
  const { ready, murphy, pods } = lost.detail ?? {}
  const isAlive = ready?.status === 'False'
  if (row?.cordoned && pods?.count === 0 && !pods.more) return 'drained'
  const since = ready?.since ?? lost.first
  const order = murphy?.status === 'Unknown' ? goingDown[murphy.reason] : undefined
  if (order && (murphy?.since ?? 0) >= since - lastWord) {
    if (order === 'off') return 'off'
    return now - lostAt(lost) < reboots ? 'rebooting' : 'lost'
  }
  // k8s: pkg/kubelet/nodeshutdown, the error of its graceful shutdown.
  if (isAlive && /node is shutting down/.test(ready.message))
    return now - lostAt(lost) < reboots ? 'rebooting' : 'lost'
  if (!isAlive) return 'lost'
  const speaks = murphy?.status === 'False' && now - (murphy.heard ?? 0) < confirmed
  return speaks ? 'own' : 'ill'
}
