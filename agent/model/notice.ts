import type { Severity } from './finding.ts'
import type { Incident } from './incident.ts'

/** A notification to be sent to a sink. `id` is the same for every attempt; `at` is the time of the attempt. */
export type Notice =
  | {
      readonly kind: 'opened' | 'worse' | 'grew' | 'merged' | 'resolved' | 'reminder'
      readonly id: string
      readonly node: string
      readonly at: number
      readonly incident: Incident
    }
  | {
      /** Incidents that opened and were resolved while the sink could not be reached. */
      readonly kind: 'digest'
      readonly id: string
      readonly node: string
      readonly at: number
      readonly incidents: readonly Incident[]
    }
  | { readonly kind: 'test'; readonly id: string; readonly node: string; readonly at: number }

/** What a sink was last sent about one incident. With the ledger, it decides what to send next (`plan`). */
export interface NotificationRecord {
  readonly incident: string
  readonly severity: Severity
  /** The highest stage among `findings`; absent where none of them has stages. */
  readonly stage?: number
  /** Ids of the findings the message was about. */
  readonly findings: readonly string[]
  /** Id of the finding that titled the message. */
  readonly lead?: string
  readonly at: number
  /** When a new message, rather than an edit, was last sent. */
  readonly reminded: number
  /** Set while it is not known whether the message arrived: it was sent, and no answer came. */
  readonly unconfirmed?: true
  /** What the service calls the message, for editing it. */
  readonly receipt?: string
  /** Set once the sink has been told that it is over. */
  readonly resolved?: number
}
