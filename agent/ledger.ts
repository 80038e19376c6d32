import type { Finding, Observation, Rules } from './model.ts'

/** What is true: the open findings, and those resolved lately enough for someone still to be told. */
export type Ledger = readonly Finding[]

/** After this a resolved finding leaves the ledger; the history in the store keeps it for longer. */
export const resolvedKept = 3 * 24 * 3600_000

/** Every subject is from outside; longer than this it no longer helps anyone to tell two apart. */
const longestSubject = 200

/** What one look has to say. */
export interface Look {
  /** The rules it speaks for; findings of any other stay as they were. */
  readonly rules: Rules
  readonly observations: readonly Observation[]
  /** Codes among them that could not be judged in full: what was not observed of these is not over. */
  readonly kept?: readonly string[]
}

/** The ledger after one look: what was observed is open, what was not is over, unless the look could not tell. Pure. */
export function step(ledger: Ledger, { rules, observations, kept = [] }: Look, now: number): Ledger {
  const seen = new Map<string, Observation>()
  for (const it of observations) {
    const key = keyOf(it.code, it.subject)
    if (it.code in rules && !seen.has(key)) seen.set(key, it)
  }
  const next: Finding[] = []
  for (const finding of ledger) {
    const key = keyOf(finding.code, finding.subject)
    if (finding.resolved !== undefined) {
      if (now - finding.resolved < resolvedKept) next.push(finding)
    } else if (seen.has(key)) {
      next.push(confirmed(finding, rules, seen.get(key) as Observation, now))
      seen.delete(key)
    } else {
      const over = finding.code in rules && !kept.includes(finding.code)
      next.push(over ? { ...finding, resolved: now } : finding)
    }
  }
  for (const it of seen.values()) next.push(found(rules, it, now))
  return next
}

const keyOf = (code: string, subject: string) => `${code}|${subject.slice(0, longestSubject)}`

/** What an observation says now, whoever said it before. */
function present(rules: Rules, it: Observation) {
  const rule = rules[it.code] as Rules[string]
  const never = it.never ?? rule.never
  return {
    code: it.code,
    subject: it.subject.slice(0, longestSubject),
    severity: it.severity ?? rule.severity,
    title: rule.title,
    text: it.text,
    so: it.so ?? rule.so,
    next: it.next ?? rule.next,
    ...(never && { never }),
    ...(it.stage !== undefined && { stage: it.stage }),
    ...(it.pod && { pod: it.pod }),
    ...(it.evidence && { evidence: it.evidence }),
  }
}

function found(rules: Rules, it: Observation, now: number): Finding {
  // An event may have happened before anyone looked, never after.
  const since = Math.min(it.at ?? now, now)
  return {
    ...present(rules, it),
    id: `${keyOf(it.code, it.subject)}|${since}`,
    since,
    seen: now,
    count: 1,
    ripe: since + (rules[it.code]?.after ?? 0),
  }
}

function confirmed(finding: Finding, rules: Rules, it: Observation, now: number): Finding {
  const { id, since, ripe, count } = finding
  return { ...present(rules, it), id, since, ripe, seen: now, count: count + 1 }
}
