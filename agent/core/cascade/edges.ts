import type { Cause, Finding, Rules } from '../../model/index.ts'
import { hour, minute } from '../../text/times.ts'

/** How long a finding may stay open after its cause has ended, since repairs seldom take effect at once. */
export const outlasting = 15 * minute

/**
 * How much later than its effect a cause may be found: its collector may run less often, or may have been blind. A
 * finding that is older than that has another cause.
 */
export const late = hour

/**
 * The same for events, whose time is known to the second; their effects may be noticed while they still go on. What
 * was wrong earlier than that is more likely the reason for the event: most restarts are attempts at a repair.
 */
export const lateEvent = minute

/**
 * The cause of a finding, if one is known. Among several that may explain it: one that can be repaired before an
 * event, then one that was open when it began before one that was over by then, then the earliest.
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

/** Whether `cause` may have caused `finding`, by this edge. */
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
  // An open cause has no end yet. It is enough that the two periods touch.
  const causeEnd = cause.resolved ?? Number.POSITIVE_INFINITY
  const end = finding.resolved ?? now
  const touch = cause.since <= end && finding.since <= causeEnd + within
  return touch && (event || end <= causeEnd + Math.max(within, outlasting))
}

function samePod(a: Finding, b: Finding): boolean {
  return a.pod !== undefined && a.pod.namespace === b.pod?.namespace && a.pod.name === b.pod.name
}
