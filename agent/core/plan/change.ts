import type { Finding, Incident, NotificationRecord, QuietWindow, Severity } from '../../model/index.ts'
import { leadOf, rootAndOn, severities, severityOfAll } from '../../model/index.ts'
import { day, minute } from '../../text/times.ts'
import { longestPause } from '../cascade/edges.ts'
import { tellFrom } from '../ledger.ts'
import { type Silence, silencing, wasSilenced } from '../silence.ts'
import { isReworded, saidOf } from './said.ts'

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
  /** When only what is grave enough is sent; the rest is sent at the end. */
  readonly quiet?: readonly QuietWindow[]
  /** The most new messages in ten minutes; absent: no limit. */
  readonly most?: number
  /** The first look of every collector since the agent started. What it found began while nobody looked. */
  readonly firstLook?: { readonly from: number; readonly to: number }
}

/** Missed incidents that were resolved longer ago than this are left out of the digest: a long weekend, and a day. */
export const digestAge = 4 * day

/** How long a repair may take to work: k3s needs three minutes to start. What is still open then needs its own fix. */
export const takingHold = 3 * minute

/**
 * What is new about one incident for one sink. `what` differs for other news of the same kind, and stays the same until
 * the sink has been told something of the incident.
 */
export interface Change {
  readonly kind: 'opened' | 'worse' | 'grew' | 'reminder' | 'resolved' | 'missed'
  readonly what: string
}

export const atLeast = (it: Severity, min: Severity) => severities.indexOf(it) >= severities.indexOf(min)
export const findingsOf = (it: Incident): readonly Finding[] => [it.cause, ...it.affected]

/** Ids of the open findings that may be notified and are severe enough for the sink. */
export const tellable = (it: Incident, now: number, min: Severity = 'info') =>
  findingsOf(it)
    .filter(
      (finding) =>
        finding.resolved === undefined && tellFrom(finding) <= now && atLeast(finding.severity, min),
    )
    .map((finding) => finding.id)

/** The highest stage of those; 0 where none of them has stages. */
export const stageOf = (it: Incident, now: number, min: Severity = 'info') => {
  const ids = tellable(it, now, min)
  return Math.max(0, ...findingsOf(it).map(({ id, stage = 0 }) => (ids.includes(id) ? stage : 0)))
}

/**
 * How grave a sink is told that an incident is. What is held for flapping counts as if it were there, so that a return
 * is an edit and does not ring.
 */
export function toldSeverity(incident: Incident, now: number): Severity {
  const held = findingsOf(incident).filter(
    (it) => it.gone && it.resolved === undefined && tellFrom(it) <= now,
  )
  return severityOfAll([incident, ...held])
}

/** Ids of what is held for flapping and not there, which a message has to say. */
export const goneIn = (incident: Incident): readonly string[] =>
  findingsOf(incident).flatMap((it) => (it.gone && it.resolved === undefined ? [it.id] : []))

/** When any of it was last there, ms: another each time that something held for flapping comes back. */
const lastSeen = (incident: Incident) =>
  Math.max(...findingsOf(incident).map((it) => (it.gone ? it.seen : 0)))

/** The difference between an incident and what a sink was last sent about it; undefined for none. Pure. */
export function changeOf(
  incident: Incident,
  last: NotificationRecord | undefined,
  policy: Policy,
  now: number,
): Change | undefined {
  if (incident.resolved !== undefined) {
    if (last && last.resolved === undefined) return { kind: 'resolved', what: `${incident.resolved}` }
    return !last && wasMissed(incident, policy, now) ? { kind: 'missed', what: '' } : undefined
  }
  const concerns = atLeast(incident.severity, policy.min)
  // A sink that was notified is also sent that the severity has fallen below its minimum.
  if (incident.notifyAt > now || !(concerns || (last && last.resolved === undefined))) return undefined
  if (silencing(policy.silences ?? [], incident, now)) return undefined
  if (!last || last.unconfirmed || last.resolved !== undefined)
    return { kind: 'opened', what: `${last?.resolved ?? ''}` }
  return (
    worseOrMore(incident, last, policy, now) ??
    dueAgain(incident, last, concerns, policy, now) ??
    (isReworded(incident, last, now)
      ? { kind: 'grew', what: `said ${last.at} ${saidOf(incident, now)}` }
      : undefined)
  )
}

function worseOrMore(
  incident: Incident,
  last: NotificationRecord,
  policy: Policy,
  now: number,
): Change | undefined {
  const ids = tellable(incident, now, policy.min)
  // Urgent steps come before all others, so a silent edit of the message is not enough for them.
  const urgent = findingsOf(incident).flatMap((it) => (it.urgent && ids.includes(it.id) ? [it.id] : []))
  const stage = stageOf(incident, now, policy.min)
  const severity = toldSeverity(incident, now)
  // The same may be news again, once something else was told: graver, milder, and graver again.
  const news = (kind: 'worse' | 'grew', what: string): Change => ({ kind, what: `${last.at} ${what}` })
  if (last.severity !== severity && atLeast(severity, last.severity)) return news('worse', severity)
  if (stage > (last.stage ?? 0)) return news('worse', `stage ${stage}`)
  if (urgent.some((id) => !last.findings.includes(id))) return news('worse', urgent.join())
  if (ids.some((id) => !last.findings.includes(id))) return news('grew', ids.join())
  // Recorded as less severe, so that a return to the old severity counts as worse again.
  if (last.severity !== severity) return news('grew', `only ${severity}`)
  const gone = goneIn(incident)
  if (gone.join() !== (last.gone ?? []).join())
    return news('grew', `gone ${gone.join()} ${lastSeen(incident)}`)
  return undefined
}

function dueAgain(
  incident: Incident,
  last: NotificationRecord,
  concerns: boolean,
  policy: Policy,
  now: number,
): Change | undefined {
  const over = repairedAt(incident)
  const [root, lead] = [incident.cause.id, leadOf(incident).id]
  // The finding in the message's title is over, but others that followed from it are not.
  if (over !== undefined && (last.lead ?? root) !== lead)
    return { kind: 'grew', what: `${last.at} over ${over} ${lead}` }
  if (over !== undefined && last.reminded < over && now - over >= takingHold && isLeft(incident, over))
    return { kind: 'reminder', what: `left ${over}` }
  if (concerns && policy.remind > 0 && Math.abs(now - last.reminded) >= policy.remind)
    return { kind: 'reminder', what: `${last.reminded}` }
  return undefined
}

/**
 * Whether something needs a repair of its own. What happens again and again, such as a container that ends, does only if
 * it has happened since it could know of the repair, and by nothing else; until then it may be what is remembered.
 */
const isLeft = (incident: Incident, over: number): boolean =>
  incident.affected.some(
    (it) =>
      it.resolved === undefined &&
      !it.gone &&
      it.severity !== 'info' &&
      !incident.elsewhere?.includes(it.id) &&
      (it.latest === undefined || it.latest > over + longestPause),
  )

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
