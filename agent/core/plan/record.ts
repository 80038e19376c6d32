import type { Incident, Notice, NotificationRecord, Severity } from '../../model/index.ts'
import { leadOf, severities } from '../../model/index.ts'
import { weeklyRecord } from '../weekly.ts'
import { recentRings } from './budget.ts'
import { findingsOf, goneIn, stageOf, tellable, toldSeverity } from './change.ts'
import { mergedId } from './ids.ts'
import { saidOf } from './said.ts'
import { isRungFor, type SeveralNotice } from './several.ts'

/** The notification records of a sink that change once it has accepted a notice. Pure. */
export function recordSent(
  told: readonly NotificationRecord[],
  notice: Notice,
  receipt: string | undefined,
  now: number,
): readonly NotificationRecord[] {
  if (notice.kind === 'test') return []
  if (notice.kind === 'digest')
    return notice.incidents.map((it, at) => ({
      ...entry(it, now),
      ...(at === 0 && { rang: [now] }),
      resolved: now,
    }))
  if (notice.kind === 'weekly') return [weeklyRecord(now)]
  if (notice.kind === 'several') return recordSeveral(told, notice, receipt, now)
  const { incident } = notice
  const last = told.find((it) => it.incident === incident.id)
  const kept = receipt ?? last?.receipt
  const next: NotificationRecord = {
    ...entry(incident, now),
    ...rung(last, ringsAs(notice.kind), now),
    ...(kept !== undefined && { receipt: kept }),
  }
  switch (notice.kind) {
    case 'opened':
    case 'worse':
      return [next]
    case 'grew': {
      const owes = notice.urgent || isOwed(incident, last, now)
      return [{ ...next, reminded: last?.reminded ?? now, ...(owes && { quiet: true }) }]
    }
    case 'reminder':
      // The first message, not the reminder, is the one that is edited when the incident is over.
      return [{ ...next, ...(last?.receipt !== undefined && { receipt: last.receipt }) }]
    case 'resolved':
      return [{ ...next, resolved: now }]
    case 'merged': {
      const absorbed = told.filter(
        (it) =>
          it.resolved === undefined &&
          it.incident !== incident.id &&
          findingsOf(incident).some(({ id }) => id === it.incident),
      )
      return absorbed
        .filter((it) => mergedId(it, incident) === notice.id)
        .map((it) => ({ ...it, resolved: now }))
    }
    default:
      return notice satisfies never
  }
}

const ringsAs = (kind: string) => kind === 'opened' || kind === 'worse' || kind === 'reminder'

/**
 * Whether an edit told what should have rung, as there had been too many messages: that it is graver than was told, or
 * that it is there at all (`joins`).
 */
const isOwed = (it: Incident, last: NotificationRecord | undefined, now: number, joins = false): boolean =>
  last ? last.quiet === true || isGraver(toldSeverity(it, now), last.severity) : joins
const isGraver = (a: Severity, b: Severity) => severities.indexOf(a) > severities.indexOf(b)

/** The times of its new messages. One that may have arrived and is sent again is not another. */
function rung(last: NotificationRecord | undefined, rings: boolean, now: number) {
  const rang = recentRings(last?.rang, now)
  const again = last?.unconfirmed && last.resolved === undefined && rang.length > 0
  const all = rings && !again ? [...rang, now] : rang
  return all.length > 0 ? { rang: all } : {}
}

/** All of a group get the same receipt; the first of them has the times of its messages. */
function recordSeveral(
  told: readonly NotificationRecord[],
  notice: SeveralNotice,
  receipt: string | undefined,
  now: number,
): readonly NotificationRecord[] {
  const { group, change, incidents } = notice
  const known = receiptFor(told, notice)
  const kept = change === 'reminder' ? (known ?? receipt) : (receipt ?? known)
  const book = new Map(told.map((it) => [it.incident, it]))
  const rings = ringsAs(change)
  const again = incidents.some(({ id }) => book.get(id)?.unconfirmed && book.get(id)?.group?.id === group.id)
  const members = change === 'merged' ? [] : incidents
  const before = incidents.map((incident) => ({ incident, last: book.get(incident.id) }))
  const isOwedIn = (it: Incident) => {
    const last = book.get(it.id)
    if (last?.quiet || !isOwed(it, last, now, group.of === 'rest')) return last?.quiet === true
    return !isRungFor({ incident: it, last }, before, now)
  }
  // Whoever joins silently was told of when the message last rang.
  const rangLast = before
    .flatMap(({ last }) => (last?.group?.id === group.id ? [last.reminded] : []))
    .toSorted((a, b) => b - a)[0]
  const next = members.map((it, at): NotificationRecord => {
    const last = book.get(it.id)
    const resolved = it.resolved === undefined ? undefined : (last?.resolved ?? now)
    return {
      ...entry(it, now),
      reminded: rings ? now : (last?.reminded ?? rangLast ?? now),
      ...rung(last, rings && at === 0 && !again, now),
      ...(!rings && isOwedIn(it) && { quiet: true as const }),
      group,
      ...(kept !== undefined && { receipt: kept }),
      ...(resolved !== undefined && { resolved }),
    }
  })
  // Whose cause was found meanwhile is told as part of that.
  const left = told.filter(
    (it) =>
      it.group?.id === group.id &&
      it.resolved === undefined &&
      // What joined after this was written, and was sent before the answer to it came, is still part of it.
      it.at <= notice.at &&
      !members.some(({ id }) => id === it.incident),
  )
  return [...next, ...left.map((it) => ({ ...it, resolved: now }))]
}

/**
 * The notification records that change when a notice was sent and no answer came, as behind a firewall that drops
 * answers. It may have arrived: so it is sent again while it is true, and its end is sent when it is over. Pure.
 */
export function recordUnconfirmed(
  told: readonly NotificationRecord[],
  notice: Notice,
  now: number,
): readonly NotificationRecord[] {
  const isNew = ({ id }: Incident) => !told.some((it) => it.incident === id && it.resolved === undefined)
  if (notice.kind === 'several') {
    if (notice.change !== 'opened') return []
    return notice.incidents.filter(isNew).map((it, at) => ({
      ...entry(it, now),
      ...(at === 0 && { rang: [now] }),
      group: notice.group,
      unconfirmed: true,
    }))
  }
  if (notice.kind !== 'opened' || !isNew(notice.incident)) return []
  return [{ ...entry(notice.incident, now), rang: [now], unconfirmed: true }]
}

/** The receipt of the message a notice is about: for `merged`, that of the incident that was absorbed. */
export function receiptFor(told: readonly NotificationRecord[], notice: Notice): string | undefined {
  if (notice.kind === 'digest' || notice.kind === 'weekly' || notice.kind === 'test') return undefined
  if (notice.kind === 'several') {
    const { group, incidents } = notice
    const ids = new Set(incidents.map(({ id }) => id))
    // Of the group; or of the one incident that was told alone, whose message it now is.
    const own = told.filter((it) => it.group?.id === group.id && it.receipt !== undefined)
    const before = told.filter((it) => ids.has(it.incident) && !it.group && it.resolved === undefined)
    return (own.find((it) => it.resolved === undefined) ?? own[0] ?? before[0])?.receipt
  }
  const about =
    notice.kind === 'merged'
      ? told.find((it) => mergedId(it, notice.incident) === notice.id)
      : told.find((it) => it.incident === notice.incident.id)
  return about?.receipt
}

function entry(incident: Incident, now: number): NotificationRecord {
  const stage = stageOf(incident, now)
  return {
    incident: incident.id,
    severity: toldSeverity(incident, now),
    ...(goneIn(incident).length > 0 && { gone: goneIn(incident) }),
    ...(stage > 0 && { stage }),
    findings: tellable(incident, now),
    lead: leadOf(incident).id,
    said: saidOf(incident, now),
    at: now,
    reminded: now,
  }
}
