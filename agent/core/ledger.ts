import type { Finding, NotificationRecord, Observation, Onset, Rules, Severity } from '../model/index.ts'
import { severities } from '../model/index.ts'
import { day, hour, minute, second } from '../text/times.ts'
import { type Judgements, lastWell } from './last-well.ts'
import { calledBefore, over } from './last-words.ts'

/** What is true now: the open findings, and those resolved so recently that a notification may still be due. */
export type Ledger = readonly Finding[]

/** After this, which is longer than what a digest reaches back, a resolved finding leaves the ledger; the history in the store keeps it for longer. */
export const resolvedKept = 5 * day
/** How long it stays in the history. */
export const historyKept = 90 * day

/** Characters of a subject that are kept. Subjects come from outside, and nobody compares longer ones. */
const longestSubject = 200

/** Resolved this often within `flapWindow` means flapping: it is held open until not seen for `flapQuiet`. */
export const flapLimit = 3
const flapWindow = hour
/** What was quiet for this long rings when it happens again, whatever is still held open. */
export const ringsAgain = 10 * minute
const flapQuiet = ringsAgain

/** How long to wait for the round that has to confirm a finding before notifying without it. */
const unconfirmed = 15 * minute

/**
 * From when on people may be notified of a finding: its `notifyAt` is over, and a round after that has confirmed it.
 * Most collectors run less often than findings are pending, so what was seen once may be long over.
 */
export const tellFrom = ({ notifyAt, seen }: Pick<Finding, 'notifyAt' | 'seen'>): number =>
  seen >= notifyAt ? notifyAt : notifyAt + unconfirmed

/** Whether a finding only waits for a round to confirm it. */
export const wantsALook = ({ notifyAt, seen, resolved }: Finding, now: number): boolean =>
  resolved === undefined && notifyAt <= now && seen < notifyAt

/** Ids of findings that were notified and not yet notified as resolved: they stay in the ledger until they are. */
export const awaitedBy = (told: readonly NotificationRecord[]): readonly string[] =>
  told.filter((it) => it.resolved === undefined).flatMap((it) => [it.incident, ...it.findings])

/** The verdicts of one round. */
export interface Look {
  /** The rules that were judged; findings of all others stay as they were. */
  readonly rules: Rules
  readonly observations: readonly Observation[]
  /** Which of them could not be judged: their findings stay open although they were not observed. */
  readonly kept?: readonly NotJudged[]
  /** How long the round took, ms: what it read may have happened meanwhile. Absent: no time. */
  readonly took?: number
}

/** A rule without a verdict in this round: for all subjects, or only for those in `subjects`. */
export interface NotJudged {
  readonly code: string
  readonly subjects?: readonly string[]
}

/**
 * The ledger after one round: what was observed is open, what was not is resolved, unless it was not judged. What is
 * found began after it was last seen well, by the judgements of the rounds before this one. Pure.
 */
export function step(
  ledger: Ledger,
  { rules, observations, kept = [], took = 0 }: Look,
  now: number,
  judgements: Judgements = new Map(),
): Ledger {
  const seen = new Map<string, Observation>()
  const events: Observation[] = []
  for (const it of observations) {
    const key = keyOf(it.code, it.subject)
    if (!(it.code in rules)) continue
    if (rules[it.code]?.event && it.at !== undefined) events.push(it)
    else if (!seen.has(key)) seen.set(key, it)
  }
  const unjudged = new Set(
    kept.flatMap(({ code, subjects }) => subjects?.map((it) => keyOf(code, it)) ?? [code]),
  )
  const next: Finding[] = []
  for (const finding of ledger) {
    const key = keyOf(finding.code, finding.subject)
    const event =
      finding.resolved === undefined ? events.findIndex((it) => isSameEvent(finding, it, now)) : -1
    const observed = event < 0 ? seen.get(key) : events.splice(event, 1)[0]
    // The clock may have been set back since: what is over is over before now. Another round may have ended while this
    // one read.
    if (finding.resolved !== undefined)
      next.push(finding.resolved > now + took ? { ...finding, resolved: now - 1 } : finding)
    else if (observed && happenedAnew(finding, observed, rules)) {
      next.push(over(finding, now))
      seen.set(key, sinceThen(observed, finding))
    } else if (observed) {
      next.push(confirmed(finding, rules, observed, now))
      if (event < 0) seen.delete(key)
    } else if (!(finding.code in rules) || unjudged.has(finding.code) || unjudged.has(key)) next.push(finding)
    else if (finding.flaps !== undefined && Math.abs(now - finding.seen) < flapQuiet)
      next.push({ ...finding, gone: true, text: flapping(finding.text, finding.flaps, true) })
    else next.push(over(finding, now))
  }
  if (seen.size === 0 && events.length === 0) return next
  const ids = Map.groupBy(next, ({ id }) => withoutCount(id))
  const ended = Map.groupBy(
    ledger.filter((it) => it.resolved !== undefined && Math.abs(now - it.resolved) < flapWindow),
    (it) => keyOf(it.code, it.subject),
  )
  for (const it of [...seen.values(), ...events.toSorted((a, b) => (a.at ?? 0) - (b.at ?? 0))]) {
    if (it.starting) continue
    const well = it.wellAt ?? lastWell(judgements, it.code, it.subject)
    const one = found(rules, it, now, flapsOf(ended.get(keyOf(it.code, it.subject)), it, rules), {
      well,
      read: now + took,
    })
    // Several events of a kind in one look, such as three restarts: the same moment for all of them.
    const its = ids.get(one.id) ?? []
    const fresh = its.length > 0 ? { ...one, id: `${one.id}.${its.length}` } : one
    ids.set(one.id, [...its, fresh])
    next.push(fresh)
  }
  return next
}

/** Whether an event is the one that an open finding is about: its time is read anew, and clocks are not exact. */
function isSameEvent({ code, subject, since }: Finding, it: Observation, now: number): boolean {
  // Both may lie ahead of a clock that was set back.
  const at = Math.min(it.at ?? now, now)
  return keyOf(it.code, it.subject) === keyOf(code, subject) && Math.abs(at - Math.min(since, now)) <= second
}

/** Whether this is another occurrence than the one that the finding is about, which people have to be told of anew. */
function happenedAnew(finding: Finding, { code, latest, starting }: Observation, rules: Rules): boolean {
  if (starting || rules[code]?.event) return false
  return latest !== undefined && finding.latest !== undefined && latest - finding.latest >= ringsAgain
}

const keyOf = (code: string, subject: string) => `${code}|${subject.slice(0, longestSubject)}`

/** How long it must have been true before anyone is notified, ms. */
const patienceOf = (rules: Rules, it: Observation) => it.pendingFor ?? rules[it.code]?.pendingFor ?? 0

/** An observation of all that happened, as one of what happened after the finding. */
function sinceThen(it: Observation, { latest: before }: Finding): Observation {
  if (before === undefined || it.latest === undefined || (it.at ?? 0) > before) return it
  const { wellAt: _, ...rest } = it
  return { ...rest, at: it.latest }
}

/** The fields of a finding that come from its latest observation. */
function present(rules: Rules, it: Observation) {
  const rule = rules[it.code] as Rules[string]
  const avoid = it.avoid ?? rule.avoid
  const urgent = it.urgent ?? rule.urgent
  const latest = it.latest ?? (rule.event ? it.at : undefined)
  return {
    code: it.code,
    subject: it.subject.slice(0, longestSubject),
    severity: it.severity ?? rule.severity,
    title: rule.titleFor?.(it) ?? rule.title,
    ...(rule.titleFor && { kind: rule.title }),
    text: it.text,
    impact: it.impact ?? rule.impact,
    fix: it.fix ?? rule.fix,
    ...(avoid && { avoid }),
    ...(urgent && { urgent }),
    ...(it.stage !== undefined && { stage: it.stage }),
    ...(it.pod && { pod: it.pod }),
    ...(it.evidence && { evidence: it.evidence }),
    ...(latest !== undefined && { latest }),
  }
}

/** The id of the first of several events of a kind in one look. */
const withoutCount = (id: string) => id.replace(/(\|\d+)\.\d+$/, '$1')

/**
 * How often this finding was resolved within the last hour, of all such. What was over before its patience was is the passing state
 * of an ordinary command, however often that is run. Events do not flap: each is a finding of its own.
 */
function flapsOf(ended: Ledger | undefined, it: Observation, rules: Rules): number {
  if (rules[it.code]?.event || it.latest !== undefined) return 0
  return (ended ?? []).filter(({ seen, notifyAt }) => seen >= notifyAt).length
}

function found(
  rules: Rules,
  it: Observation,
  now: number,
  flaps: number,
  { well, read }: { readonly well: number | undefined; readonly read: number },
): Finding {
  // It may have happened before anyone looked, or while a look was under way, never after it was read.
  const since = Math.min(it.at ?? now, read)
  return {
    ...present(rules, it),
    // Not by `since`: an event found a second time has the same `since`, but must be a finding of its own.
    id: `${keyOf(it.code, it.subject)}|${now}`,
    since,
    found: now,
    onset: onsetOf(since, rules[it.code]?.event === true, well, Math.max(now, since)),
    seen: now,
    count: 1,
    notifyAt: Math.min(since, now) + patienceOf(rules, it),
    ...(flaps >= flapLimit && { flaps, text: flapping(it.text, flaps) }),
  }
}

/**
 * When it began: after it was last seen `well`, whatever date it has of itself. The time of an event is known; that of
 * a state only ends the interval. A clock that was set back since makes the last time unknown.
 */
function onsetOf(since: number, event: boolean, well: number | undefined, now: number): Onset {
  const from = well !== undefined && well <= now ? well : undefined
  const to = from !== undefined && since < from ? now : since
  if (event) return { from: since, to: since }
  return { ...(from !== undefined && { from }), to: from === undefined ? now : to }
}

function confirmed(finding: Finding, rules: Rules, it: Observation, now: number): Finding {
  const { id, since, found: first, onset, notifyAt, count, flaps, evidence } = finding
  const is = present(rules, it)
  const graver = graverSince(finding, is.severity, now)
  return {
    // A round that brings no evidence does not take back what another saw: it may be the proof of the cause.
    ...(evidence && { evidence }),
    ...is,
    id,
    ...calledBefore(finding, is.title, now),
    ...(graver && { graver }),
    // The clock may have been set back since: never wait for a time that came from a wrong clock.
    since: Math.min(since, now),
    found: Math.min(first, now),
    onset: {
      ...(onset.from !== undefined && { from: Math.min(onset.from, now) }),
      to: Math.min(onset.to, now),
    },
    notifyAt: Math.min(notifyAt, now + patienceOf(rules, it)),
    seen: now,
    count: count + 1,
    ...(flaps !== undefined && {
      flaps,
      text: flapping(it.text, flaps),
      // Back just now: what follows from it follows from that.
      ...((finding.gone || finding.latest !== undefined) && { latest: finding.gone ? now : finding.latest }),
    }),
  }
}

/** When it got as grave as it is: since the round before, if this one finds it graver. */
function graverSince(
  { severity: before, seen, graver }: Finding,
  severity: Severity,
  now: number,
): Onset | undefined {
  if (severities.indexOf(severity) > severities.indexOf(before)) return { from: Math.min(seen, now), to: now }
  return graver && { from: Math.min(graver.from ?? now, now), to: Math.min(graver.to, now) }
}

/** The text of a finding that is held for flapping, before which its state now is said. */
function flapping(text: string, flaps: number, gone = false): string {
  const plain = text.replace(flapText, '')
  return gone
    ? `Flapping: back ${flaps} times in 1 h, now gone. Before: ${plain}`
    : `Flapping: back ${flaps} times in 1 h, now there. ${plain}`
}
const flapText = /^Flapping: back \d+ times in 1 h, now (?:gone\. Before:|there\.) /

/** The longest that an effect takes to show, by any rule's `takes` (an OOM kill, and a log that was lost by it), ms. */
const longestEffect = 6 * hour

/**
 * The ledger without findings resolved long ago, except those whose end must still be notified (`awaited`), and those that
 * may lie between something open and its cause: without them it would be told anew, as of no cause. What leaves it does not
 * come back, so `now` must be a time that can be relied on. Pure.
 */
export function withoutOld(ledger: Ledger, now: number, awaited: ReadonlySet<string> = new Set()): Ledger {
  const isOld = ({ id, resolved }: Finding) =>
    resolved !== undefined && now - resolved >= resolvedKept && !awaited.has(id)
  if (!ledger.some(isOld)) return ledger
  const effects: Finding[] = []
  const leaving = new Set<Finding>()
  // The latest first: what explained something that stays, stays, and so does what explained that.
  for (const it of ledger.toSorted((a, b) => b.found - a.found)) {
    const last = (it.resolved ?? now) + longestEffect
    if (it.resolved === undefined || effects.some(({ found }) => found >= it.found && found <= last))
      effects.push(it)
    else if (isOld(it)) leaving.add(it)
  }
  return leaving.size > 0 ? ledger.filter((it) => !leaving.has(it)) : ledger
}

/** Resolves open findings whose rule no longer exists: a collector was disabled, or a rule was removed. Pure. */
export function withoutOrphans(ledger: Ledger, rules: Rules, now: number): Ledger {
  return ledger.map((it) =>
    it.resolved === undefined && !(it.code in rules) ? { ...it, resolved: now } : it,
  )
}
