import type { Node } from '../node.ts'
import { restarts } from '../service.ts'
import type { Act } from '../truth.ts'

/** One way in which a node breaks by itself, independent of all others. */
export interface Fault {
  readonly kind: string
  readonly text: string
  /** Whether it can happen to this node now: what is gone already cannot go. */
  readonly can?: (node: Node) => boolean
  /** Breaks it; the answer is how it is repaired rightly. */
  readonly begin: (node: Node, act: Act) => () => void
  /** The shortest and longest time until somebody repairs it, ms; otherwise as the sequence has it. */
  readonly lasts?: readonly [number, number]
}

export const second = 1000
export const minute = 60 * second
export const hour = 60 * minute

/** Whether k3s runs and its network stands since a while, so that something can be taken away from it. */
export const steady = (node: Node) =>
  node.k3s.running !== undefined && node.time.now() - node.k3s.running.since > 2 * minute

/** The repair of all that only a start of k3s brings back. */
export const restartK3s = (node: Node) => () => restarts(node, node.act('restart', 'systemctl restart k3s'))
