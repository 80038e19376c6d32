import type { Silence } from '../../core/silence.ts'
import type { Incident } from '../../model/index.ts'

/** One collector, as far as a condition tells of it. */
export interface Domain {
  /** `firewall` */
  readonly name: string
  /** `the firewall`, for people. */
  readonly title: string
  /** Why it cannot be relied on, as a sentence; absent where it was judged. */
  readonly unseen?: string
  /** It should have looked long ago: then its heartbeat is not kept either. */
  readonly late?: true
}

/** What is true of the node, of which Kubernetes is to have its part. */
export interface Picture {
  readonly incidents: readonly Incident[]
  readonly domains: readonly Domain[]
  readonly silences: readonly Silence[]
  /** What Murphy's own command is called on the node, if not `agent`. */
  readonly command?: string
}

/** Why the agent ends: it alone was stopped, or the machine goes down by order. */
export type Ending = 'stopped' | 'shutdown' | 'reboot' | 'poweroff' | 'halt' | 'kexec' | 'soft-reboot'
