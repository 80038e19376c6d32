import type { Severity } from './finding.ts'
import type { Incident } from './incident.ts'

/** What a sink is due. `id` is the same however often this notice has to be sent; `at` is the time of the attempt. */
export type Notice =
  | {
      readonly kind: 'opened' | 'worse' | 'grew' | 'merged' | 'resolved' | 'reminder'
      readonly id: string
      readonly node: string
      readonly at: number
      readonly incident: Incident
    }
  | {
      /** What opened and closed while the sink could not be told. */
      readonly kind: 'digest'
      readonly id: string
      readonly node: string
      readonly at: number
      readonly incidents: readonly Incident[]
    }
  | { readonly kind: 'test'; readonly id: string; readonly node: string; readonly at: number }

/** What a sink was told of one incident: the other book beside the ledger. */
export interface NotificationRecord {
  readonly incident: string
  readonly severity: Severity
  /** The highest stage of what it was told of; absent for none. */
  readonly stage?: number
  /** Ids of the findings it was told of. */
  readonly findings: readonly string[]
  /** Id of the one that spoke for the incident. */
  readonly lead?: string
  readonly at: number
  /** When it was last told by a new message rather than an edit. */
  readonly reminded: number
  /** Set while nobody knows whether the message arrived: it was sent, and no answer came. */
  readonly unconfirmed?: true
  /** What the service calls the message, for editing it. */
  readonly receipt?: string
  /** Set once the sink knows that it is over. */
  readonly resolved?: number
}
