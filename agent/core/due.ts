import type { Incident, NotificationRecord } from '../model/index.ts'
import type { Ledger } from './ledger.ts'
import { budgetSpan, restGap } from './plan/budget.ts'
import { gathering } from './plan/groups.ts'
import { failingFor, heartbeatTellableAt, type SelfState, tellableAt } from './self.ts'
import type { Silence } from './silence.ts'

/** What can become due by time alone. */
export interface Pending {
  readonly ledger: Ledger
  readonly incidents: readonly Incident[]
  /** Each sink's state and notification records. */
  readonly sinks: readonly {
    readonly state: { readonly failing?: Parameters<typeof tellableAt>[0] }
    readonly told: readonly NotificationRecord[]
  }[]
  readonly silences: readonly Silence[]
  readonly heartbeats?: SelfState['heartbeats']
  readonly exposed?: SelfState['exposed']
  readonly kubernetesRefused?: SelfState['kubernetesRefused']
  /** When quiet hours, maintenance and weeks are over. */
  readonly turns?: readonly number[]
  /** After how long a reminder of an open incident is sent, ms; 0 for never. */
  readonly remind: number
}

/** The next time after `at` at which something may be due by time alone; infinite for none. Pure. */
export function nextDue(
  { ledger, incidents, sinks, silences, remind, turns = [], ...own }: Pending,
  at: number,
): number {
  const { heartbeats = [], exposed = [], kubernetesRefused } = own
  const open = incidents.filter((it) => it.resolved === undefined)
  const ids = new Set(remind > 0 ? open.map((it) => it.id) : [])
  const reminders = (told: readonly NotificationRecord[]) =>
    told.flatMap((it) => (ids.has(it.incident) ? [it.reminded + remind] : []))
  const times = [
    ...ledger.flatMap((it) => (it.resolved === undefined ? [it.notifyAt] : [])),
    ...open.map((it) => it.notifyAt),
    ...sinks.flatMap(({ told }) => reminders(told)),
    // It is reported, and another stands in for it.
    ...sinks.flatMap(({ state: { failing } }) =>
      failing ? [tellableAt(failing), failing.since + failingFor] : [],
    ),
    ...heartbeats.flatMap((it) => (it.failing ? [heartbeatTellableAt(it)] : [])),
    ...[kubernetesRefused, ...exposed.map((it) => it.failing)].flatMap((it) =>
      it ? [it.since + failingFor] : [],
    ),
    ...turns,
    ...silences.map((it) => it.until),
    // From then on another new message may be sent.
    ...sinks.flatMap(({ told }) => told.flatMap(({ rang = [] }) => rang.map((it) => it + budgetSpan))),
    // From then on the message about the rest may be edited, and ring again.
    ...sinks.flatMap(({ told }) =>
      told.flatMap(({ group, at, rang = [] }) =>
        group?.of === 'rest' ? [at + gathering, ...rang.map((it) => it + restGap)] : [],
      ),
    ),
  ]
  return Math.min(...times.filter((time) => time > at))
}
