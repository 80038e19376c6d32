import { type Severity, severities } from './finding.ts'
import type { Incident } from './incident.ts'
import type { Deadline } from './sample.ts'

/** What stands in every notification to a sink. */
interface Letterhead {
  /** The same for every attempt. */
  readonly id: string
  readonly node: string
  /** What machine the node is, in words, where that is known. */
  readonly machine?: string
  /** What the owner calls the cluster. */
  readonly cluster?: string
  /** Where the owner's own instructions are; `{code}` stands for the code of a finding. */
  readonly runbookUrl?: string
  /** What Murphy's own command is called on the node; `agent` if absent. */
  readonly command?: string
  /** The time of the attempt, ms. */
  readonly at: number
  /**
   * The sinks that it stands in for, said once each time: since when they have failed, ms; or since when they have not
   * taken this (`refused`), whatever else they take.
   */
  readonly insteadOf?: { readonly names: readonly string[]; readonly since: number; readonly refused?: true }
  /** It tells of something critical and new without a sound, as there were too many messages: it goes before all others. */
  readonly urgent?: true
}

/** A notification to be sent to a sink. */
export type Notice = Letterhead &
  (
    | {
        readonly kind: 'opened' | 'worse' | 'grew' | 'merged' | 'resolved' | 'reminder'
        readonly incident: Incident
      }
    | {
        /** Incidents that opened and were resolved while the sink could not be reached, or in quiet hours. */
        readonly kind: 'digest'
        readonly of?: 'quiet'
        readonly incidents: readonly Incident[]
      }
    | {
        /** Several incidents in one message, which is edited as it grows. */
        readonly kind: 'several'
        /** `merged`: all that is left of them turned out to follow from `into`. */
        readonly change: 'opened' | 'worse' | 'grew' | 'merged' | 'reminder' | 'resolved'
        readonly group: Group
        /** The open ones first, graver before milder; also those that are over. At least one. */
        readonly incidents: readonly Incident[]
        readonly into?: Incident
      }
    | {
        /** What became of a week, and what is to come. */
        readonly kind: 'weekly'
        /** When the week began, ms. */
        readonly from: number
        /** What was open in it and grave enough for the sink, also what is over. */
        readonly incidents: readonly Incident[]
        /** What runs out within 60 days, the nearest first. */
        readonly deadlines: readonly Deadline[]
        /** What Murphy cannot see at present, a sentence each. */
        readonly unseen: readonly string[]
        /** Versions of Murphy, of k3s and of the machine, in words. */
        readonly versions: string
      }
    | { readonly kind: 'test' }
  )

/** A message about several incidents. */
export interface Group {
  readonly id: string
  /**
   * What they have in common: `kind`: one code; `away`: they began before the agent looked, which had looked before;
   * `start`: the same at its very first look; `rest`: there were too many messages to tell them one by one; `quiet`: they
   * were held back in quiet hours.
   */
  readonly of: 'kind' | 'away' | 'start' | 'rest' | 'quiet'
}

/** The gravest of several incidents: of those that are open, or of all once all are over; `info` if there are none. */
export function severityOfAll(incidents: readonly Pick<Incident, 'severity' | 'resolved'>[]): Severity {
  const open = incidents.filter((it) => it.resolved === undefined)
  const ranks = (open.length > 0 ? open : incidents).map((it) => severities.indexOf(it.severity))
  return severities[Math.max(0, ...ranks)] ?? 'info'
}

/**
 * What a service can do that older versions of it cannot, as far as its answers have shown. Absent: not known yet.
 */
export interface Abilities {
  /** Edits a message in place. */
  readonly edits?: boolean
  /** Offers a button that copies a command. */
  readonly copies?: boolean
  /** Passed the last message on, but not to everybody that it was for. */
  readonly partly?: boolean
}

/** What a sink was last sent about one incident. With the ledger, it decides what to send next (`plan`). */
export interface NotificationRecord {
  readonly incident: string
  readonly severity: Severity
  /** The highest stage among `findings`; absent where none of them has stages. */
  readonly stage?: number
  /** It joined a message that had rung for others, or got worse, when there had been too many: it still has to ring. */
  readonly quiet?: true
  /** Ids of those that it says are held for flapping, and gone; absent for none. */
  readonly gone?: readonly string[]
  /** Ids of the findings the message was about. */
  readonly findings: readonly string[]
  /** Id of the finding that titled the message. */
  readonly lead?: string
  /** A sum of what the message said (`saidOf`), so that it can be corrected. */
  readonly said?: string
  readonly at: number
  /** When a new message, rather than an edit, was last sent. */
  readonly reminded: number
  /** Set while it is not known whether the message arrived: it was sent, and no answer came. */
  readonly unconfirmed?: true
  /** The message it is part of, where that is about several. All of a group have the same receipt. */
  readonly group?: Group
  /**
   * When new messages, rather than edits, about it were sent lately, oldest first; of a group, only one record has
   * them. They are counted against `messages_per_10_minutes`.
   */
  readonly rang?: readonly number[]
  /** What the service calls the message, for editing it. */
  readonly receipt?: string
  /** What the service had shown by then that it can do. */
  readonly abilities?: Abilities
  /** Set once the sink has been told that it is over. */
  readonly resolved?: number
}
