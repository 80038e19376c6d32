import type { Cause, Finding, Rules } from '../../model/index.ts'
import { hour, minute } from '../../text/times.ts'

/** Repairs seldom take hold at once: for this long a consequence may outlast its cause. */
export const outlasting = 15 * minute

/**
 * A cause is often found after what it led to: by a slower round, or when a spell of blindness ends. What was
 * wrong for longer before it has another cause.
 */
export const late = hour

/**
 * When an event happened is known to the second, while what it took away may have been noticed on the way. What
 * was wrong for longer is more likely its reason: most restarts are somebody's attempt at a repair.
 */
export const lateEvent = minute

/**
 * The finding that a finding follows from, if there is one: the earliest of those that may explain it, what can
 * be repaired before what only happened, and what was wrong when it began before what was over by then.
 */
export function causeOf(
  finding: Finding,
  rules: Rules,
  byCode: ReadonlyMap<string, readonly Finding[]>,
  now: number,
): Finding | undefined {
  const isEvent = (it: Finding) => rules[it.code]?.event === true
  const isOver = (it: Finding) => it.resolved !== undefined && it.resolved < finding.since
  return (rules[finding.code]?.because ?? [])
    .flatMap((edge) =>
      (byCode.get(edge.code) ?? []).filter((it) => explains(it, finding, edge, isEvent(it), now)),
    )
    .sort(
      (a, b) =>
        Number(isEvent(a)) - Number(isEvent(b)) || Number(isOver(a)) - Number(isOver(b)) || a.since - b.since,
    )[0]
}

/** Whether a finding may have come about because of another, by this edge. */
export function explains(
  cause: Finding,
  finding: Finding,
  { within = 0, same }: Cause,
  event: boolean,
  now: number,
): boolean {
  if (same === 'subject' && cause.subject !== finding.subject) return false
  if (same === 'pod' && !samePod(cause, finding)) return false
  if (cause.since > finding.since + (event ? lateEvent : late)) return false
  // An open cause has no end yet. Only the stretches of time have to touch.
  const causeEnd = cause.resolved ?? Number.POSITIVE_INFINITY
  const end = finding.resolved ?? now
  const touch = cause.since <= end && finding.since <= causeEnd + within
  return touch && (event || end <= causeEnd + Math.max(within, outlasting))
}

function samePod(a: Finding, b: Finding): boolean {
  return a.pod !== undefined && a.pod.namespace === b.pod?.namespace && a.pod.name === b.pod.name
}
