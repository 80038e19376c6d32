import type { Finding, NotificationRecord, Observation, Rules } from '../model/index.ts'
import { day, hour, minute } from '../text/times.ts'

/** What is true: the open findings, and those resolved lately enough for someone still to be told. */
export type Ledger = readonly Finding[]

/** After this a resolved finding leaves the ledger; the history in the store keeps it for longer. */
export const resolvedKept = 3 * day
/** So long it stands in the history. */
export const historyKept = 90 * day

/** Every subject is from outside; longer than this it no longer helps anyone to tell two apart. */
const longestSubject = 200

/** Coming and going this often within `flapWindow` is flapping: it is held open until it has been quiet for `flapQuiet`. */
export const flapLimit = 3
const flapWindow = hour
const flapQuiet = 15 * minute

/** How long the look that has to confirm a finding may stay away before it is told without. */
const unconfirmed = 15 * minute

/**
 * From when on people may be told of a finding: its patience is over, and a look since then has seen it still.
 * Most collectors look more seldom than patience lasts, and what was seen once may be long over.
 */
export const tellFrom = ({ notifyAt, seen }: Pick<Finding, 'notifyAt' | 'seen'>): number =>
  seen >= notifyAt ? notifyAt : notifyAt + unconfirmed

/** Whether a look is all that a finding waits for. */
export const wantsALook = ({ notifyAt, seen, resolved }: Finding, now: number): boolean =>
  resolved === undefined && notifyAt <= now && seen < notifyAt

/** Findings that somebody was told of and not yet that they are over: they stay until that is done. */
export const awaitedBy = (told: readonly NotificationRecord[]): readonly string[] =>
  told.filter((it) => it.resolved === undefined).flatMap((it) => [it.incident, ...it.findings])

/** What one look has to say. */
export interface Look {
  /** The rules it speaks for; findings of any other stay as they were. */
  readonly rules: Rules
  readonly observations: readonly Observation[]
  /** What among them could not be judged: what was not observed of it is not over. */
  readonly kept?: readonly NotJudged[]
}

/** A rule without a verdict in this look: for all subjects, or for those that were left out. */
export interface NotJudged {
  readonly code: string
  readonly subjects?: readonly string[]
}

/** The ledger after one look: what was observed is open, what was not is over, unless the look could not tell. Pure. */
export function step(ledger: Ledger, { rules, observations, kept = [] }: Look, now: number): Ledger {
  const seen = new Map<string, Observation>()
  for (const it of observations) {
    const key = keyOf(it.code, it.subject)
    if (it.code in rules && !seen.has(key)) seen.set(key, it)
  }
  const unjudged = new Set(
    kept.flatMap(({ code, subjects }) => subjects?.map((it) => keyOf(code, it)) ?? [code]),
  )
  const next: Finding[] = []
  for (const finding of ledger) {
    const key = keyOf(finding.code, finding.subject)
    if (finding.resolved !== undefined) next.push(finding)
    else if (seen.has(key)) {
      next.push(confirmed(finding, rules, seen.get(key) as Observation, now))
      seen.delete(key)
    } else {
      const held = finding.flaps !== undefined && Math.abs(now - finding.seen) < flapQuiet
      const left = unjudged.has(finding.code) || unjudged.has(key)
      const over = finding.code in rules && !left && !held
      next.push(over ? { ...finding, resolved: now } : finding)
    }
  }
  for (const it of seen.values()) next.push(found(rules, it, now, flapsOf(ledger, it, now)))
  return next
}

const keyOf = (code: string, subject: string) => `${code}|${subject.slice(0, longestSubject)}`

/** What an observation says now, whoever said it before. */
function present(rules: Rules, it: Observation) {
  const rule = rules[it.code] as Rules[string]
  const avoid = it.avoid ?? rule.avoid
  const urgent = it.urgent ?? rule.urgent
  return {
    code: it.code,
    subject: it.subject.slice(0, longestSubject),
    severity: it.severity ?? rule.severity,
    title: rule.title,
    text: it.text,
    impact: it.impact ?? rule.impact,
    fix: it.fix ?? rule.fix,
    ...(avoid && { avoid }),
    ...(urgent && { urgent }),
    ...(it.stage !== undefined && { stage: it.stage }),
    ...(it.pod && { pod: it.pod }),
    ...(it.evidence && { evidence: it.evidence }),
  }
}

/** How often a subject broke this rule and mended within the last hour. */
function flapsOf(ledger: Ledger, it: Observation, now: number): number {
  const key = keyOf(it.code, it.subject)
  return ledger.filter(
    ({ code, subject, resolved }) =>
      resolved !== undefined && Math.abs(now - resolved) < flapWindow && keyOf(code, subject) === key,
  ).length
}

function found(rules: Rules, it: Observation, now: number, flaps: number): Finding {
  // An event may have happened before anyone looked, never after.
  const since = Math.min(it.at ?? now, now)
  return {
    ...present(rules, it),
    // By when it was found: an event may have happened before, and a second finding of it must not be the first.
    id: `${keyOf(it.code, it.subject)}|${now}`,
    since,
    seen: now,
    count: 1,
    notifyAt: since + (rules[it.code]?.pendingFor ?? 0),
    ...(flaps >= flapLimit && { flaps, text: flapping(it.text, flaps) }),
  }
}

function confirmed(finding: Finding, rules: Rules, it: Observation, now: number): Finding {
  const { id, since, notifyAt, count, flaps } = finding
  return {
    ...present(rules, it),
    id,
    // The clock may have been set back since: nothing may wait for a time that was never right.
    since: Math.min(since, now),
    notifyAt: Math.min(notifyAt, now + (rules[it.code]?.pendingFor ?? 0)),
    seen: now,
    count: count + 1,
    ...(flaps !== undefined && { flaps, text: flapping(it.text, flaps) }),
  }
}

const flapping = (text: string, flaps: number) =>
  `${text} It comes and goes: ${flaps + 1} times within an hour.`

/**
 * The ledger without what was over long ago, unless somebody still has to hear that it is. What leaves it does not
 * come back, so `now` must be a time that can be relied on. Pure.
 */
export function withoutOld(ledger: Ledger, now: number, awaited: ReadonlySet<string> = new Set()): Ledger {
  const leaves = ({ id, resolved }: Finding) =>
    resolved !== undefined && now - resolved >= resolvedKept && !awaited.has(id)
  return ledger.some(leaves) ? ledger.filter((it) => !leaves(it)) : ledger
}

/** The ledger without open findings of which nobody speaks any more: a collector was switched off, a rule is gone. Pure. */
export function withoutOrphans(ledger: Ledger, rules: Rules, now: number): Ledger {
  return ledger.map((it) =>
    it.resolved === undefined && !(it.code in rules) ? { ...it, resolved: now } : it,
  )
}
