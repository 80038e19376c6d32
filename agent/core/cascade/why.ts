import type { Candidate, Finding, Rules, Why } from '../../model/index.ts'
import { leadOf } from '../../model/index.ts'
import { duration } from '../../text/durations.ts'
import { list } from '../../text/lists.ts'
import { minute, second, timeOfDay } from '../../text/times.ts'
import { candidatesOf } from './edges.ts'
import { saidFor } from './restated.ts'

/** Seen well longer ago than this, it cannot be said what happened first, ms: most collectors look more often. */
const longUnseen = 10 * minute
/** How many other possible causes are named. */
const mostOthers = 2

/**
 * Why an incident began, for the finding that people read first; undefined where nothing is known to cause its kind.
 * `root` is what the incident began with. Pure.
 */
export function whyOf(
  root: Finding,
  members: readonly Finding[],
  rules: Rules,
  byCode: ReadonlyMap<string, readonly Finding[]>,
): Why | undefined {
  const over = members.every((it) => it.resolved !== undefined)
  const lead = leadOf({
    cause: root,
    affected: members.filter((it) => it !== root),
    ...(over && { resolved: root.seen }),
  })
  const { about, candidates, taken } = soughtFor(
    lead === root ? (firstGraver(root, members) ?? root) : lead,
    rules,
    byCode,
  )
  const mayHaveOne = rules[about.code]?.because?.some((it) => !it.restates)
  if (!taken) return mayHaveOne && !isMoment(about) ? unknown(about) : undefined
  const isWithin = about !== root && members.includes(about)
  const cause = isWithin ? saidFor(root, members, rules) : taken.cause
  const others = candidates.filter(
    (it) => it.verdict === 'farther' && !it.edge.restates && !members.includes(it.cause),
  )
  // A proof is one of the link that it stands on, not of the whole chain.
  const isProven = taken.cause === cause && taken.edge.proof !== undefined
  return known(cause, about, isProven, others)
}

/** The finding whose cause is asked for, with its candidates: what only says again what was seen before has that one's. */
function soughtFor(
  about: Finding,
  rules: Rules,
  byCode: ReadonlyMap<string, readonly Finding[]>,
): { readonly about: Finding; readonly candidates: readonly Candidate[]; readonly taken?: Candidate } {
  const candidates = candidatesOf(about, rules, byCode)
  const taken = candidates.find((it) => it.verdict === 'taken')
  if (taken?.edge.restates) return soughtFor(taken.cause, rules, byCode)
  return { about, candidates, ...(taken && { taken }) }
}

/** An event that is harmless by itself is read by what followed from it. */
function firstGraver(root: Finding, members: readonly Finding[]): Finding | undefined {
  return root.severity === 'info' ? members.find((it) => it.severity !== 'info') : undefined
}

function known(cause: Finding, effect: Finding, proven: boolean, others: readonly Candidate[]): Why {
  const began = Math.max(cause.onset.to, Math.min(cause.latest ?? cause.onset.to, effect.onset.to))
  const gap = effect.onset.to - began
  const when = gap >= second ? `${duration(gap)} earlier` : 'at the same time'
  const { from, to } = effect.onset
  const unseen = from === undefined || to - from > longUnseen
  const names = [...new Set(others.map((it) => it.cause.title))].slice(0, mostOthers)
  const rest = proven
    ? 'the evidence matches'
    : names.length > 0
      ? `also possible: ${list(names)}`
      : unseen
        ? from === undefined
          ? 'unsure: wrong since the first check'
          : `unsure: last seen well ${duration(to - from)} earlier`
        : 'no other known cause'
  return {
    certainty: proven ? 'proven' : names.length > 0 || unseen ? 'unsure' : 'likely',
    cause: cause.id,
    text: `${cause.title} (${when}; ${rest})`,
  }
}

/** What happened at a known time, such as a kill: when it was last well says nothing more. */
const isMoment = ({ onset: { from, to } }: Finding) => from !== undefined && to - from < second

function unknown({ onset: { from, to } }: Finding): Why {
  const text =
    from === undefined
      ? `unknown: wrong since the first check, at ${timeOfDay(to)}`
      : `unknown: last seen well at ${timeOfDay(from)}, wrong at ${timeOfDay(to)}`
  return { certainty: 'unknown', text }
}
