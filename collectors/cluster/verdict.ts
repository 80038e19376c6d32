import { hour, minute } from '../../agent/text/times.ts'
import type { Condition, NodeRow } from '../node/api-objects.ts'
import type { Detail, Lost } from './sample.ts'

/**
 * What a node that is not Ready means.
 *
 * - `lost`: its kubelet has stopped reporting, and nothing says that anybody wanted that;
 * - `stopped`: the same, and the machine answers: nothing listens where its kubelet does, so k3s is not running there;
 * - `ill`: its kubelet lives and says why it is not Ready;
 * - `joining`: it has never been Ready;
 * - `drained`: it is cordoned, and it is known that nothing is on it that a drain would have moved;
 * - `leaving`: who scales the cluster, or its cloud, has marked it as going away;
 * - `rebooting`, `off`: it went down by order, by the last word of its own Murphy, or of its kubelet;
 * - `own`: its own Murphy looks and has something to say, so that it notifies itself.
 */
export type Verdict =
  | 'lost'
  | 'stopped'
  | 'ill'
  | 'joining'
  | 'drained'
  | 'leaving'
  | 'rebooting'
  | 'off'
  | 'own'

/** How long a node that reboots by order may be away before that is no longer ordinary. */
export const reboots = 10 * minute
/** A node that joins pulls the images of its network first. */
const joins = 10 * minute
/** The last word is written as the node goes down, and the API sees it lost up to 50 s later. */
const lastWord = 10 * minute
/** Murphy confirms its conditions every five minutes: older than three times that, it does not look any more. */
const confirmed = 15 * minute
/** A kubelet registers its node and writes Ready at once. */
const registers = minute

const goingDown: Readonly<Record<string, 'rebooting' | 'off'>> = {
  NodeRebooting: 'rebooting',
  // Nobody could tell as what.
  NodeGoingDown: 'rebooting',
  NodePoweringOff: 'off',
  NodeHalting: 'off',
}

/**
 * When a node was lost, by the clock of this server: the API's own time as far as it lies between what this server saw,
 * as it is of another machine's clock.
 */
export function lostAt({ first, wellAt = Number.NEGATIVE_INFINITY, detail }: Lost): number {
  return Math.max(Math.min(first, detail?.ready?.since ?? first), wellAt)
}

/** Lost for so long when this server first saw it that it is no news. */
const old = hour

/** Whether it was lost long before this server first saw it, as where Murphy has just come to the cluster. Pure. */
export const isOldNews = (lost: Lost): boolean =>
  lost.wellAt === undefined && lost.first - lostAt(lost) >= old

/** Pure. Times of other machines are compared only with each other. */
export function verdictOf(lost: Lost, row: NodeRow | undefined, now: number): Verdict {
  const { murphy, pods, leaving, ready, kubelet } = lost.detail ?? {}
  if (leaving) return 'leaving'
  if (row?.cordoned && pods?.count === 0 && !pods.more) return 'drained'
  const order = orderOf(lost, now)
  if (order) return order
  if (ready?.reason === 'NodeStatusNeverUpdated') return 'joining'
  if (ready?.status !== 'False') return kubelet === 'closed' ? 'stopped' : 'lost'
  if (isNew(lost.detail) && now - lost.first < joins) return 'joining'
  // Both written by programs of that node, so by one clock.
  const age = (ready.heard ?? 0) - (murphy?.heard ?? 0)
  return murphy?.status === 'False' && age < confirmed ? 'own' : 'ill'
}

/** What was ordered, as long as it is ordinary. */
function orderOf(lost: Lost, now: number): 'rebooting' | 'off' | undefined {
  const { ready, murphy, shutdown } = lost.detail ?? {}
  const since = ready?.since ?? lost.first
  const ordered = murphy?.status === 'Unknown' && (murphy.since ?? 0) >= since - lastWord
  const order = (ordered ? goingDown[murphy.reason] : undefined) ?? (shutdown ? 'rebooting' : undefined)
  if (order !== 'rebooting') return order
  return now - lostAt(lost) < reboots ? 'rebooting' : undefined
}

/** k8s: pkg/kubelet/nodeshutdown, the error of its graceful shutdown. */
export const shutsDown = ({ status, message }: Condition): boolean =>
  status === 'False' && /node is shutting down/.test(message)

/** Whether its condition has not changed since it was registered. */
function isNew({ ready, created }: Detail = { volumes: [], volumeCount: 0 }): boolean {
  return ready?.since !== undefined && created !== undefined && Math.abs(ready.since - created) < registers
}

/**
 * Taints that say that a node is going away: of the cluster autoscaler, of Karpenter, of the handlers of spot instances,
 * of Kubernetes' cloud controller for a machine that was shut down, and of who takes a node out of service by hand.
 */
const leavingBy =
  /^(ToBeDeletedByClusterAutoscaler|karpenter\.sh\/disrupt(ion|ed)|aws-node-termination-handler\/[\w-]+|cloud\.google\.com\/impending-node-termination|node\.cloudprovider\.kubernetes\.io\/shutdown|node\.kubernetes\.io\/out-of-service):/

/** The taint by which a node is leaving the cluster. Pure. */
export const leavingOf = (taints: readonly string[]): string | undefined =>
  taints.find((it) => leavingBy.test(it))
