import { createHash } from 'node:crypto'
import type { Finding, Incident, Notice, NotificationRecord, Severity } from '../model/index.ts'
import { leadOf, rootAndOn, severities } from '../model/index.ts'
import { day, minute } from '../text/times.ts'
import { tellFrom } from './ledger.ts'
import { type Silence, silencing, wasSilenced } from './silence.ts'

/** What a sink is to be notified of. */
export interface Policy {
  /** Incidents below this severity are not sent. */
  readonly min: Severity
  /** How long after the last new message a reminder of an open incident is sent, ms; 0 for never. */
  readonly remind: number
  /** Also silences that are over. */
  readonly silences?: readonly Silence[]
  /** When this sink was first configured: what was resolved before that is not sent. */
  readonly since: number
}

/** Missed incidents that were resolved longer ago than this are left out of the digest. */
export const digestAge = 2 * day

/** The most incidents in one digest; the newest are kept. */
const digestSize = 50

const atLeast = (it: Severity, min: Severity) => severities.indexOf(it) >= severities.indexOf(min)
const findingsOf = (it: Incident): readonly Finding[] => [it.cause, ...it.affected]
/** Ids of the open findings that may be notified and are severe enough for the sink. */
const tellable = (it: Incident, now: number, min: Severity = 'info') =>
  findingsOf(it)
    .filter(
      (finding) =>
        finding.resolved === undefined && tellFrom(finding) <= now && atLeast(finding.severity, min),
    )
    .map((finding) => finding.id)
/** The highest stage of those; 0 where none of them has stages. */
const stageOf = (it: Incident, now: number, min: Severity = 'info') => {
  const ids = tellable(it, now, min)
  return Math.max(0, ...findingsOf(it).map(({ id, stage = 0 }) => (ids.includes(id) ? stage : 0)))
}

/**
 * What to send to a sink now: the difference between what is true and what it was sent (`told`). Pure, and the same
 * however often it is asked, until `recordSent` or `recordUnconfirmed` has changed the notification records.
 */
export function plan(
  incidents: readonly Incident[],
  told: readonly NotificationRecord[],
  policy: Policy,
  node: string,
  now: number,
): readonly Notice[] {
  const book = new Map(told.map((it) => [it.incident, it]))
  const notices: Notice[] = []
  const missed: Incident[] = []
  const tell = (kind: Exclude<Notice['kind'], 'digest' | 'test'>, incident: Incident, what: string) =>
    notices.push({ kind, id: idOf(incident.id, kind, what), node, at: now, incident })

  for (const incident of incidents) {
    const last = book.get(incident.id)
    if (incident.resolved !== undefined) {
      if (last && last.resolved === undefined) tell('resolved', incident, `${incident.resolved}`)
      else if (!last && wasMissed(incident, policy, now)) missed.push(incident)
      continue
    }
    const concerns = atLeast(incident.severity, policy.min)
    // A sink that was notified is also sent that the severity has fallen below its minimum.
    if (incident.notifyAt > now || !(concerns || (last && last.resolved === undefined))) continue
    if (silencing(policy.silences ?? [], incident, now)) continue
    const ids = tellable(incident, now, policy.min)
    // Urgent steps come before all others, so a silent edit of the message is not enough for them.
    const urgent = findingsOf(incident).flatMap((it) => (it.urgent && ids.includes(it.id) ? [it.id] : []))
    const over = repairedAt(incident)
    const [root, lead] = [incident.cause.id, leadOf(incident).id]
    const stage = stageOf(incident, now, policy.min)
    if (!last || last.unconfirmed || last.resolved !== undefined)
      tell('opened', incident, `${last?.resolved ?? ''}`)
    else if (last.severity !== incident.severity && atLeast(incident.severity, last.severity))
      tell('worse', incident, incident.severity)
    else if (stage > (last.stage ?? 0)) tell('worse', incident, `stage ${stage}`)
    else if (urgent.some((id) => !last.findings.includes(id))) tell('worse', incident, urgent.join())
    else if (ids.some((id) => !last.findings.includes(id))) tell('grew', incident, ids.join())
    // Recorded as less severe, so that a return to the old severity counts as worse again.
    else if (last.severity !== incident.severity) tell('grew', incident, `only ${incident.severity}`)
    // The finding in the message's title is over, but others that followed from it are not.
    else if (over !== undefined && (last.lead ?? root) !== lead)
      tell('grew', incident, `over ${over} ${lead}`)
    else if (over !== undefined && last.reminded < over && now - over >= takingHold)
      tell('reminder', incident, `left ${over}`)
    else if (concerns && policy.remind > 0 && Math.abs(now - last.reminded) >= policy.remind)
      tell('reminder', incident, `${last.reminded}`)
  }
  for (const last of told) {
    // It was sent as an incident of its own; since then its cause was found.
    const within =
      last.resolved === undefined &&
      incidents.find((it) => it.id !== last.incident && it.affected.some(({ id }) => id === last.incident))
    if (within)
      notices.push({
        kind: 'merged',
        id: idOf(last.incident, 'merged', within.id),
        node,
        at: now,
        incident: within,
      })
  }
  const incidentsMissed = missed.slice(-digestSize)
  if (incidentsMissed.length > 0)
    notices.push({
      kind: 'digest',
      id: idOf(incidentsMissed.map((it) => it.id).join(), 'digest', ''),
      node,
      at: now,
      incidents: incidentsMissed,
    })
  return notices
}

/** How long a repair may take to work: k3s needs three minutes to start. What is still open then needs its own fix. */
export const takingHold = 3 * minute

/** When the cause of an incident was resolved; undefined while it is open, and for a cause of severity `info`. */
function repairedAt(incident: Incident): number | undefined {
  const own = rootAndOn(incident)
  if (incident.cause.severity === 'info' || own.some((it) => it.resolved === undefined)) return undefined
  return Math.max(...own.map((it) => it.resolved ?? 0))
}

function wasMissed(incident: Incident, policy: Policy, now: number): boolean {
  const { resolved = now, notifyAt } = incident
  return (
    atLeast(incident.severity, policy.min) &&
    notifyAt <= resolved &&
    resolved > policy.since &&
    now - resolved < digestAge &&
    !wasSilenced(policy.silences ?? [], incident)
  )
}

const idOf = (...parts: readonly string[]) =>
  `murphy_${createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32)}`

/** The notification records of a sink that change once it has accepted a notice. Pure. */
export function recordSent(
  told: readonly NotificationRecord[],
  notice: Notice,
  receipt: string | undefined,
  now: number,
): readonly NotificationRecord[] {
  if (notice.kind === 'test') return []
  if (notice.kind === 'digest') return notice.incidents.map((it) => ({ ...entry(it, now), resolved: now }))
  const { incident } = notice
  const last = told.find((it) => it.incident === incident.id)
  const kept = receipt ?? last?.receipt
  const next: NotificationRecord = { ...entry(incident, now), ...(kept !== undefined && { receipt: kept }) }
  switch (notice.kind) {
    case 'opened':
    case 'worse':
      return [next]
    case 'grew':
      return [{ ...next, reminded: last?.reminded ?? now }]
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
        .filter((it) => idOf(it.incident, 'merged', incident.id) === notice.id)
        .map((it) => ({ ...it, resolved: now }))
    }
    default:
      return notice satisfies never
  }
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
  if (notice.kind !== 'opened') return []
  const { incident } = notice
  if (told.some((it) => it.incident === incident.id && it.resolved === undefined)) return []
  return [{ ...entry(incident, now), unconfirmed: true }]
}

/** The receipt of the message a notice is about: for `merged`, that of the incident that was absorbed. */
export function receiptFor(told: readonly NotificationRecord[], notice: Notice): string | undefined {
  if (notice.kind === 'digest' || notice.kind === 'test') return undefined
  const about =
    notice.kind === 'merged'
      ? told.find((it) => idOf(it.incident, 'merged', notice.incident.id) === notice.id)
      : told.find((it) => it.incident === notice.incident.id)
  return about?.receipt
}

function entry(incident: Incident, now: number): NotificationRecord {
  const stage = stageOf(incident, now)
  return {
    incident: incident.id,
    severity: incident.severity,
    ...(stage > 0 && { stage }),
    findings: tellable(incident, now),
    lead: leadOf(incident).id,
    at: now,
    reminded: now,
  }
}
