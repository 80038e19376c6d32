import type { Finding, Rules } from '../../model/index.ts'
import { severities } from '../../model/index.ts'

/**
 * The findings of an incident that another one of it says as well, by an edge that `restates` between the two: kills of
 * a container, once they repeat. What is open stands for what is over, what is graver for what is milder, a later stage
 * for a former, of equals the first, so that what leads the incident (`leadOf`) stands. `all` begins with the cause. Pure.
 */
export function restatedIn(all: readonly Finding[], rules: Rules): readonly Finding[] {
  const bySubject = [...Map.groupBy(all, (it) => it.subject).values()].filter((it) => it.length > 1)
  return bySubject.flatMap((its) =>
    its.filter((one, at) =>
      its.some(
        (other, place) =>
          other !== one && isSame(one, other, rules) && stands(other, one) > (place < at ? -1 : 0),
      ),
    ),
  )
}

/** What is said in the place of a finding: itself, unless another says it as well. */
export function saidFor(finding: Finding, all: readonly Finding[], rules: Rules): Finding {
  if (!restatedIn(all, rules).includes(finding)) return finding
  const same = all.filter(
    (it) => it !== finding && it.subject === finding.subject && isSame(finding, it, rules),
  )
  return same.toSorted((a, b) => stands(b, a))[0] ?? finding
}

/** Above 0 where `one` is open and `other` is not, or else is the graver, or has come farther; 0 for equals. */
const stands = (one: Finding, other: Finding): number =>
  Number(other.resolved !== undefined) - Number(one.resolved !== undefined) ||
  severities.indexOf(one.severity) - severities.indexOf(other.severity) ||
  (one.stage ?? 0) - (other.stage ?? 0)

const isSame = (one: Finding, other: Finding, rules: Rules): boolean =>
  restates(one, other, rules) || restates(other, one, rules)

const restates = (effect: Finding, cause: Finding, rules: Rules): boolean =>
  rules[effect.code]?.because?.some((it) => it.restates && it.code === cause.code) === true
