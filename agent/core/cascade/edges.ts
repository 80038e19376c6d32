import type { Candidate, Cause, Finding, Rules, Verdict } from '../../model/index.ts'
import { promptly } from '../../model/index.ts'
import { minute, second } from '../../text/times.ts'
import { ringsAgain } from '../ledger.ts'
import { type ByCode, shares, sharing } from './sharing.ts'

/** Clocks of different sources, and the time a round takes, differ by so much, ms. */
export const slack = 2 * second

/**
 * All that might have caused a finding by the edges of its rule, the one that is taken first, but for what has nothing
 * in common with it that an edge asks for. Pure. A cause has to have
 * begun, or happened again, no later than the finding, and no longer before it than the finding takes to show (`takes`
 * of the edge), by the intervals in which both began. Of those that remain one with a proof or a trigger comes first,
 * then one behind which nothing was known that lies between, then what always leads to it, then one that shares more
 * than the node, then the nearest in time, or the first where it shows at once. What comes back soon has the cause that it
 * had, while that lasts and nothing else is shown. `byCode` is one ledger, which is not changed afterwards.
 */
export function candidatesOf(finding: Finding, rules: Rules, byCode: ByCode): readonly Candidate[] {
  const known = asked.get(byCode) ?? new Map<Finding, readonly Candidate[]>()
  asked.set(byCode, known)
  const candidates = known.get(finding) ?? ranked(finding, rules, byCode)
  known.set(finding, candidates)
  return candidates
}

/** What was found of each ledger: a finding is asked for its causes to be placed, to be explained, and when it is back. */
const asked = new WeakMap<ByCode, Map<Finding, readonly Candidate[]>>()

function ranked(finding: Finding, rules: Rules, byCode: ByCode): readonly Candidate[] {
  const former = formerCause(finding, rules, byCode)
  const effect = shownBy(finding, rules, byCode)
  const judged = (rules[finding.code]?.because ?? []).flatMap((edge) =>
    sharing(edge.code, finding, edge.same, byCode)
      .filter((cause) => cause !== finding && shares(cause, effect, edge.same))
      .map((cause) => {
        const refused =
          refusal(cause, effect, edge, byCode, rules) ??
          (beginsAt(cause, rules, byCode) > effect.onset.to + slack ? 'began later' : undefined) ??
          (wasThereBefore(finding, cause, byCode) ? 'there before it' : undefined) ??
          (edge.unless?.includes(causeOf(cause, rules, byCode)?.code ?? '') ? 'no proof' : undefined)
        return {
          cause,
          edge,
          refused:
            cause === former?.cause && refused === 'well after it' && !isOfMoment(cause, edge)
              ? unproven(cause, effect, edge)
              : refused,
        }
      }),
  )
  // What happened since then, and explains it as well, comes before what explained it the last time.
  const anew = judged.some(
    ({ cause, edge, refused }) =>
      former &&
      !refused &&
      cause !== former.cause &&
      // An act is a moment: another one since then is nearer.
      (isShown(edge) || (rules[cause.code]?.event && rules[former.cause.code]?.event)) &&
      lastBegun(cause, effect) > former.ended,
  )
  const isFormer = ({ cause }: { cause: Finding }) => Number(!anew && cause === former?.cause)
  const known = judged.filter(
    (it) => !it.refused && isShown(it.edge) && !it.cause.gone && it.cause.found <= effect.found,
  )
  /** A DNS that was known to be dead comes between a log that says so and all that may have led to it, or did not. */
  const isBehind = ({ cause }: { cause: Finding }) =>
    known.some((it) => it.cause !== cause && leadsTo(rules, cause.code).has(it.cause.code))
  const well = effect.onset.from
  // What shows at once is of the first that came after it was seen well: the next one found it so.
  const shows = judged.every((it) => it.refused || it.edge.takes === undefined)
  const far = (cause: Finding) =>
    shows && well !== undefined ? Math.abs(lastBegun(cause, effect) - well) : distance(cause, effect)
  const isAct = ({ cause }: { cause: Finding }) =>
    Number(rules[cause.code]?.event === true && cause.severity === 'info')
  const sorted = judged.toSorted(
    (a, b) =>
      Number(a.refused !== undefined) - Number(b.refused !== undefined) ||
      Number(isUnlikely(a.cause, effect)) - Number(isUnlikely(b.cause, effect)) ||
      Number(isShown(b.edge)) - Number(isShown(a.edge)) ||
      Number(isAfterthought(a.cause, effect)) - Number(isAfterthought(b.cause, effect)) ||
      Number(isBehind(a)) - Number(isBehind(b)) ||
      Number(a.edge.partly === true) - Number(b.edge.partly === true) ||
      isFormer(b) - isFormer(a) ||
      isAct(a) - isAct(b) ||
      Number(b.edge.same !== undefined) - Number(a.edge.same !== undefined) ||
      far(a.cause) - far(b.cause) ||
      width(a.cause) - width(b.cause) ||
      b.cause.onset.to - a.cause.onset.to ||
      (a.cause.id < b.cause.id ? -1 : 1),
  )
  return sorted.map(({ cause, edge, refused }, at) => ({
    cause,
    edge,
    verdict: refused ?? (at === 0 ? 'taken' : 'farther'),
  }))
}

/**
 * The finding, as having begun no later than what it is seen to have led to: a DNS that is asked every three minutes was
 * dead when a log first said so.
 */
function shownBy(finding: Finding, rules: Rules, byCode: ByCode): Finding {
  const { from, to } = finding.onset
  if (from === undefined || to - from <= slack) return finding
  // What shares a table or a pod with its own cause began with that, whatever else is found to fit it.
  const isBound = (rules[finding.code]?.because ?? []).some(
    (edge) =>
      edge.same !== undefined &&
      sharing(edge.code, finding, edge.same, byCode).some((it) => !refusal(it, finding, edge, byCode, rules)),
  )
  if (isBound) return finding
  const times = effectsOf(rules, finding.code).flatMap(({ code, edge }) =>
    edge.proof
      ? sharing(code, finding, edge.same, byCode).flatMap((it) =>
          it.onset.to < to && it.onset.to > from && !refusal(finding, it, edge, byCode, rules)
            ? [it.onset.to]
            : [],
        )
      : [],
  )
  return times.length > 0 ? { ...finding, onset: { from, to: Math.min(...times) } } : finding
}

/** The edges that lead from a code. */
function effectsOf(rules: Rules, code: string): readonly { readonly code: string; readonly edge: Cause }[] {
  const known = effects.get(rules) ?? new Map<string, { code: string; edge: Cause }[]>()
  if (!effects.has(rules)) {
    for (const [effect, { because = [] }] of Object.entries(rules))
      for (const edge of because)
        known.set(edge.code, [...(known.get(edge.code) ?? []), { code: effect, edge }])
    effects.set(rules, known)
  }
  return known.get(code) ?? []
}
const effects = new WeakMap<Rules, Map<string, { code: string; edge: Cause }[]>>()

/** All that may follow from a code, by whatever lies between. There are no circles (`circle` in cascade.ts). */
function leadsTo(rules: Rules, code: string): ReadonlySet<string> {
  const known = led.get(rules) ?? new Map<string, ReadonlySet<string>>()
  led.set(rules, known)
  const all = known.get(code)
  if (all) return all
  const codes = new Set<string>()
  known.set(code, codes)
  for (const it of effectsOf(rules, code))
    for (const one of [it.code, ...leadsTo(rules, it.code)]) codes.add(one)
  return codes
}
const led = new WeakMap<Rules, Map<string, ReadonlySet<string>>>()

/** Since when it may have been so: no earlier than its own cause. */
function beginsAt(it: Finding, rules: Rules, byCode: ByCode): number {
  const own = it.onset.from ?? Number.NEGATIVE_INFINITY
  const cause = causeOf(it, rules, byCode)
  return cause ? Math.max(own, beginsAt(cause, rules, byCode)) : own
}

/** The kubelet's longest pause before it starts a container again: after that it would have happened again, ms. */
export const longestPause = 6 * minute

/** Whether the same was so already when the cause began, and has only come back since. */
function wasThereBefore(finding: Finding, { onset }: Finding, byCode: ByCode): boolean {
  const begun = onset.from ?? onset.to
  // Where it is not known when the cause began: there for the greater part of the time in which that may have been.
  const likely = (begun + onset.to) / 2
  return sharing(finding.code, finding, 'subject', byCode).some(
    (it) =>
      it.found < begun &&
      it.resolved !== undefined &&
      it.resolved >= likely - slack &&
      // What is told for a while after it happened was there until it did for the last time.
      (it.latest === undefined || it.latest + longestPause >= begun) &&
      it.resolved <= finding.found &&
      finding.found - it.resolved < ringsAgain,
  )
}

/** The cause of the same finding the last time, if it came back soon and that cause was there all the while. */
function formerCause(
  finding: Finding,
  rules: Rules,
  byCode: ByCode,
): { readonly cause: Finding; readonly ended: number } | undefined {
  const before = sharing(finding.code, finding, 'subject', byCode).findLast(
    (it) => it.found < finding.found && it.resolved !== undefined && finding.found - it.resolved < ringsAgain,
  )
  const cause = before && causeOf(before, rules, byCode)
  return cause && (cause.resolved ?? Number.POSITIVE_INFINITY) >= finding.onset.to
    ? { cause, ended: before.seen }
    : undefined
}

/** What happened, and showed promptly, does not show once more by itself: rules that one flush took are taken once. */
const isOfMoment = ({ latest }: Finding, { takes }: Cause) => latest !== undefined && takes === undefined

/** That it had a cause the last time is no proof that it has it now. */
const unproven = (cause: Finding, effect: Finding, { proof }: Cause) =>
  proof && !proof(cause, effect) ? ('no proof' as const) : undefined

/** Whether more than time speaks for it. */
const isShown = ({ proof, triggers }: Cause) => proof !== undefined || triggers !== undefined

/** The cause of a finding, if one is known. */
export function causeOf(finding: Finding, rules: Rules, byCode: ByCode): Finding | undefined {
  const [first] = candidatesOf(finding, rules, byCode)
  return first?.verdict === 'taken' ? first.cause : undefined
}

/** Why `cause` cannot have caused `effect` by this edge; undefined if it can. */
export function refusal(
  found: Finding,
  effect: Finding,
  { takes = promptly, same, grave, proof, triggers, lingers }: Cause,
  byCode: ByCode,
  rules: Rules,
): Exclude<Verdict, 'taken' | 'farther'> | undefined {
  const cause = grave && found.graver ? { ...found, onset: found.graver } : found
  if (!shares(cause, effect, same)) return 'another subject'
  // Found when the effect was over: what people were told of it stays as it was.
  if (effect.resolved !== undefined && Math.max(cause.found, cause.onset.to) > effect.resolved)
    return 'began later'
  // It passed before there was an end of patience with it: no reason to tell anew what was told already.
  const passed = cause.resolved !== undefined && cause.seen < cause.notifyAt
  if (passed && cause.found > effect.found) return 'began later'
  const begun = cause.onset.from ?? Number.NEGATIVE_INFINITY
  if (begun > effect.onset.to + slack) return 'began later'
  const well = effect.onset.from ?? Number.NEGATIVE_INFINITY
  if (well > lastBegun(cause, effect) + takes) return 'well after it'
  // Held for flapping, it is over while it is not there.
  const end = cause.resolved ?? (cause.gone ? cause.seen : undefined)
  if (!lingers && !rules[cause.code]?.event && end !== undefined && well > end + promptly)
    return 'over before'
  if (proof && !proof(cause, effect)) return 'no proof'
  const pulls = (it: Cause) =>
    sharing(it.code, effect, it.same, byCode).some(
      (one) => refusal(one, effect, it, byCode, rules) === undefined,
    )
  if (triggers && !triggers.some(pulls)) return 'no trigger'
  return undefined
}

/** When the cause began, or happened again, the last time before the effect was found; ms. */
function lastBegun({ onset, latest }: Finding, effect: Finding): number {
  return latest !== undefined && latest <= effect.onset.to + slack ? Math.max(onset.to, latest) : onset.to
}

/** Whether most of the time in which a cause may have begun came after the effect: it was found later, by a slower look. */
function isUnlikely({ onset: { from, to } }: Finding, effect: Finding): boolean {
  const late = to - effect.onset.to
  return late > slack && (from === undefined || late > (to - from) / 2)
}

/**
 * Whether it was found only when the effect was there: it may have begun before that, but what was known to be wrong by
 * then, and explains the effect as well, leaves nothing to explain.
 */
const isAfterthought = ({ found, onset }: Finding, effect: Finding) =>
  found > effect.found && onset.to > effect.onset.to + slack

/** How long before the effect the cause began, ms: 0 for one that was found later, but may have been there. */
const distance = (cause: Finding, effect: Finding) => Math.max(0, effect.onset.to - lastBegun(cause, effect))

/** How well is known when it began, ms. */
const width = ({ onset }: Finding) => onset.to - (onset.from ?? Number.NEGATIVE_INFINITY)
