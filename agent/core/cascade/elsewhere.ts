import type { Finding, Rules } from '../../model/index.ts'
import { longestPause, refusal } from './edges.ts'

/**
 * The ids of what happens on among the members of an incident by something of another one: a log that says again and
 * again that names fail, after the repair of what had shut out the DNS, since the DNS itself is dead by now. Pure.
 */
export function elsewhere(
  members: readonly Finding[],
  rules: Rules,
  byCode: ReadonlyMap<string, readonly Finding[]>,
): readonly string[] {
  const explains = (cause: Finding, latest: number) =>
    cause.severity !== 'info' &&
    !members.includes(cause) &&
    (cause.resolved ?? Number.POSITIVE_INFINITY) + longestPause >= latest
  return members.flatMap((it) => {
    const { latest, resolved } = it
    if (latest === undefined || resolved !== undefined) return []
    // When it last happened, it was so all the while: it is not asked what it takes to show for the first time.
    const again = { ...it, onset: { to: latest } }
    const isSo = rules[it.code]?.because?.some((edge) =>
      (byCode.get(edge.code) ?? []).some(
        (cause) => explains(cause, latest) && refusal(cause, again, edge, byCode, rules) === undefined,
      ),
    )
    return isSo ? [it.id] : []
  })
}
