import type { Cause, Finding, Incident, Rules } from '../../model/index.ts'
import { refusal } from './edges.ts'
import { unforbidden, unsaid } from './steps.ts'

/** How many steps somebody who was just woken can follow. */
const mostSteps = 5
/** One more where something urgent has to be saved first. */
const mostWithUrgent = 6
/** How many of those may be urgent ones. */
const mostUrgent = 4
/** Room kept for steps that are still needed after the cause is repaired. */
const leftToDo = 2
const mostAvoid = 3

/**
 * What to do about an incident as a whole, in order: the urgent steps, the cause's fix, then the fixes that the
 * repair of the cause does not make unnecessary. A finding that goes away with its cause adds no steps. An event
 * cannot be repaired, so the fixes of what it caused come before its own.
 */
export function advice(
  cause: Finding,
  affected: readonly Finding[],
  rules: Rules = {},
): Pick<Incident, 'fix' | 'avoid'> {
  const isEvent = (it: Finding) => Number(rules[it.code]?.event === true)
  const members = [cause, ...affected].sort((a, b) => isEvent(a) - isEvent(b))
  const still = members.filter((it) => it.resolved === undefined)
  const open = still.length > 0 ? still : members
  const urgent = open.filter((it) => it.urgent)
  const repairs = open.filter((it) => !it.urgent && !goesWithItsCause(it, open, rules))
  const [first, ...others] = repairs

  const saving = unsaid(inTurn(urgent)).slice(0, mostUrgent)
  const repair = unsaid(first?.fix ?? [], saving)
  const rest = unsaid(inTurn(others), [...saving, ...repair])
  const room = (saving.length > 0 ? mostWithUrgent : mostSteps) - saving.length
  const kept = repair.slice(0, Math.max(1, room - Math.min(rest.length, leftToDo)))
  const fix = [...saving, ...kept, ...rest.slice(0, room - kept.length)]
  const avoid = [...urgent, ...repairs].flatMap((it) => it.avoid ?? [])
  return { fix, avoid: unforbidden(avoid, fix).slice(0, mostAvoid) }
}

/** Whether an open finding of the same incident explains this one, so that its repair repairs this too. */
function goesWithItsCause(finding: Finding, open: readonly Finding[], rules: Rules): boolean {
  const edges = rules[finding.code]?.because ?? []
  const byCode = Map.groupBy(open, (it) => it.code)
  return edges.some(
    (edge) =>
      !edge.outlivesRepair &&
      !rules[edge.code]?.event &&
      (byCode.get(edge.code) ?? []).some(
        (it) => refusal(it, finding, withoutTriggers(edge), byCode, rules) === undefined,
      ),
  )
}

/** What brought it out was an event, which is over by now and not among what is open. */
const withoutTriggers = ({ triggers: _, ...edge }: Cause): Cause => edge

/** The first step of each, then the second of each, and so on. */
function inTurn(findings: readonly Finding[]): readonly string[] {
  const longest = Math.max(0, ...findings.map((it) => it.fix.length))
  return Array.from({ length: longest }, (_, at) =>
    findings.flatMap((it) => (it.fix[at] === undefined ? [] : [it.fix[at]])),
  ).flat()
}
