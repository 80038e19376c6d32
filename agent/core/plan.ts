import { createHash } from 'node:crypto'
import type { Finding, Incident, Notice, NotificationRecord, Severity } from '../model/index.ts'
import { leadOf, rootAndOn, severities } from '../model/index.ts'
import { day, minute } from '../text/times.ts'
import { tellFrom } from './ledger.ts'
import { type Silence, silencing, wasSilenced } from './silence.ts'

/** What a sink wants to hear. */
export interface Policy {
  /** Milder incidents are none of its business. */
  readonly min: Severity
  /** How long after the last new message an incident that is still open is brought up again; 0 for never. */
  readonly remind: number
  /** What people asked not to be told of, also silences that are over. */
  readonly silences?: readonly Silence[]
  /** When this sink was first known: what was over by then is none of its business. */
  readonly since: number
}

/** What was missed longer ago than this is too old to matter to anyone. */
export const digestAge = 2 * day

/** How many incidents one digest tells of; the newest are kept. */
const digestSize = 50

const atLeast = (it: Severity, min: Severity) => severities.indexOf(it) >= severities.indexOf(min)
const findingsOf = (it: Incident): readonly Finding[] => [it.cause, ...it.affected]
/** The open findings that people may be told of, as far as the sink wants to hear of them. */
const tellable = (it: Incident, now: number, min: Severity = 'info') =>
  findingsOf(it)
    .filter(
      (finding) =>
        finding.resolved === undefined && tellFrom(finding) <= now && atLeast(finding.severity, min),
    )
    .map((finding) => finding.id)
/** How far those have come; 0 where none of them has stages. */
const stageOf = (it: Incident, now: number, min: Severity = 'info') => {
  const ids = tellable(it, now, min)
  return Math.max(0, ...findingsOf(it).map(({ id, stage = 0 }) => (ids.includes(id) ? stage : 0)))
}

/**
 * What to tell a sink now: the difference between what is true and what it was told. Pure, and the same
 * however often it is asked until `recordSent` has changed the book.
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
    // Who was told hears that it is milder now, too.
    if (incident.notifyAt > now || !(concerns || (last && last.resolved === undefined))) continue
    if (silencing(policy.silences ?? [], incident, now)) continue
    const ids = tellable(incident, now, policy.min)
    // Its steps come before all others, so that an edit that nobody hears is not enough.
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
    // Milder, so that what comes back is worse again.
    else if (last.severity !== incident.severity) tell('grew', incident, `only ${incident.severity}`)
    // What the message speaks of is over, and what followed from it is not.
    else if (over !== undefined && (last.lead ?? root) !== lead)
      tell('grew', incident, `over ${over} ${lead}`)
    else if (over !== undefined && last.reminded < over && now - over >= takingHold)
      tell('reminder', incident, `left ${over}`)
    else if (concerns && policy.remind > 0 && Math.abs(now - last.reminded) >= policy.remind)
      tell('reminder', incident, `${last.reminded}`)
  }
  for (const last of told) {
    // It was told as an incident of its own; since then its cause was found.
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

/** Repairs take a moment to take hold, a start of k3s three minutes. What is there then has not come back by itself. */
export const takingHold = 3 * minute

/** When the root was repaired, of an incident that is not over; an event is not repaired. */
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

/** The entries of a sink's book that change once a notice was accepted. Pure. */
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
      // The first message is the one that is edited when it is over.
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
 * The entries of a sink's book after a notice was sent and no answer came, as from behind a firewall that lets
 * none in. What may have been told is told again while it is true, and told to be over when it is. Pure.
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
