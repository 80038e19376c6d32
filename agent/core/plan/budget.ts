import type { Incident, NotificationRecord, Severity } from '../../model/index.ts'
import { severityOfAll } from '../../model/index.ts'
import { minute } from '../../text/times.ts'
import { findingsOf, tellable } from './change.ts'

/** In how long at most so many new messages are sent, ms. */
export const budgetSpan = 10 * minute

/** How long after the message about the rest has rung something that is no graver may make it ring again, ms. */
export const restGap = 2 * minute

/** Of the messages in ten minutes, how many only what is urgent may have, beside the message about the rest. */
const forUrgent = 1
/** How many only what is critical may have, until messages about so many kinds of it have rung. */
const forCritical = 1
const kindsOfCritical = 2
/** How many only the first message about the rest may have. */
const forRest = 1

/** When a record's new messages were sent, as far as they still count. */
export const recentRings = (rang: readonly number[] = [], now: number): readonly number[] =>
  // Absolute: a clock that was set back must not count old messages for ever.
  rang.filter((it) => Math.abs(now - it) < budgetSpan)

/** What a new message is wanted for. */
export interface Asking {
  readonly severity: Severity
  /** The codes of what is critical in it. */
  readonly codes: readonly string[]
  /** Whether there is something in it that has to be done before anything else: SSH, or data to be saved. */
  readonly urgent: boolean
}

/** How many more new messages may be sent now. */
export interface Budget {
  /** Takes one, for a message of its own. False if there is none left for that. */
  take(it: Asking): boolean
  /** Takes one, for the first message about the rest. One is always left for it. */
  takeForRest(): boolean
  /** Takes one, so that the message about the rest rings again. */
  takeAgain(it: Asking): boolean
}

/** What it is asked for; of a message that was sent, without the urgent steps that it gave (`last`). Pure. */
export function askingFor(
  all: readonly { readonly incident: Incident; readonly last?: NotificationRecord | undefined }[],
  now: number,
): Asking {
  const isNew = (id: string, last: NotificationRecord | undefined) =>
    !last || last.resolved !== undefined || last.quiet === true || !last.findings.includes(id)
  return {
    severity: severityOfAll(all.map((it) => it.incident)),
    codes: all.flatMap(({ incident: it }) =>
      it.resolved === undefined && it.severity === 'critical' ? [it.cause.code] : [],
    ),
    urgent: all.some(({ incident, last }) => {
      const ids = tellable(incident, now)
      return findingsOf(incident).some((it) => it.urgent && ids.includes(it.id) && isNew(it.id, last))
    }),
  }
}

/**
 * What is left of `most` new messages in ten minutes. What is mild, or critical of a kind that has rung already, never
 * uses up what something critical of another kind needs; and the last two are for what is urgent and for the message
 * about the rest, so that those go out by themselves also in the middle of a flood.
 */
export function budgetOf(
  told: readonly NotificationRecord[],
  most: number = Number.POSITIVE_INFINITY,
  now: number,
): Budget {
  const rang = told.flatMap((record) => recentRings(record.rang, now).map((at) => ({ record, at })))
  const ofRest = rang.filter(({ record }) => record.group?.of === 'rest')
  const hasRung = ({ rang: times, group }: NotificationRecord) =>
    recentRings(times, now).length > 0 || (group?.of === 'rest' && ofRest.length > 0)
  const codes = new Set(
    told.flatMap((it) =>
      it.severity === 'critical' && !it.quiet && hasRung(it)
        ? [it.incident.slice(0, it.incident.indexOf('|'))]
        : [],
    ),
  )
  let left = most - rang.length
  let keptForRest = ofRest.length > 0 ? 0 : forRest
  const take = (kept: number) => {
    if (left <= kept) return false
    left -= 1
    return true
  }
  const isNewKind = (it: Asking) => it.codes.some((code) => !codes.has(code))
  const keptFrom = (it: Asking) => {
    if (it.urgent) return 0
    if (isNewKind(it)) return forUrgent
    return forUrgent + (codes.size < kindsOfCritical ? forCritical : 0)
  }
  const soon = ({ severity }: Asking) =>
    ofRest.some(
      ({ record, at }) =>
        Math.abs(now - at) < restGap && (record.severity === 'critical' || severity !== 'critical'),
    )
  return {
    take(it) {
      if (!take(keptForRest + keptFrom(it))) return false
      for (const code of it.codes) codes.add(code)
      return true
    },
    takeForRest() {
      keptForRest = 0
      return take(0)
    },
    takeAgain: (it) => (it.urgent || !soon(it)) && take(isNewKind(it) ? 0 : keptFrom(it)),
  }
}
