import type { Finding, Incident, Rules } from '../../model/index.ts'
import { explains } from './edges.ts'

/** How many steps somebody who was just woken can follow, */
const mostSteps = 5
/** one more where something has to be saved first, */
const mostWithUrgent = 6
/** so many of which may be for that, */
const mostUrgent = 4
/** and room for so many that are left to do when the root is repaired. */
const leftToDo = 2
const mostNevers = 3

/**
 * What to do about an incident as a whole, in order: what cannot wait for the root, the root's own steps, then
 * what its repair leaves undone. A consequence that goes with its cause adds nothing. An event has nothing
 * that could be repaired, so what it left behind comes before it.
 */
export function advice(
  root: Finding,
  consequences: readonly Finding[],
  rules: Rules = {},
): Pick<Incident, 'fix' | 'avoid'> {
  const isEvent = (it: Finding) => Number(rules[it.code]?.event === true)
  const members = [root, ...consequences].sort((a, b) => isEvent(a) - isEvent(b))
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
  return {
    fix: [...saving, ...kept, ...rest.slice(0, room - kept.length)],
    avoid: [...new Set([...urgent, ...repairs].flatMap((it) => sentences(it.avoid ?? '')))].slice(
      0,
      mostNevers,
    ),
  }
}

/** Whether an open finding of the same incident explains this one, so that its repair repairs this too. */
function goesWithItsCause(finding: Finding, open: readonly Finding[], rules: Rules): boolean {
  const edges = rules[finding.code]?.because ?? []
  return edges.some(
    (edge) =>
      !edge.outlivesRepair &&
      !rules[edge.code]?.event &&
      open.some(
        (it) => it.code === edge.code && explains(it, finding, edge, false, Number.POSITIVE_INFINITY),
      ),
  )
}

/** The first step of each, then the second of each, and so on. */
function inTurn(findings: readonly Finding[]): readonly string[] {
  const longest = Math.max(0, ...findings.map((it) => it.fix.length))
  return Array.from({ length: longest }, (_, at) =>
    findings.flatMap((it) => (it.fix[at] === undefined ? [] : [it.fix[at]])),
  ).flat()
}

/** The steps that are not among those said before them. */
const unsaid = (steps: readonly string[], before: readonly string[] = []): readonly string[] =>
  steps.filter((step, at) => !isSaid(step, [...before, ...steps.slice(0, at)]))

/** So much of a step, and so many commands, tell it apart: texts from outside are in it. */
const longestStep = 500
const mostCommands = 4
const commandsOf = (step: string) =>
  [...step.slice(0, longestStep).matchAll(/`([^`]+)`/g)].slice(0, mostCommands).map(([, it = '']) => it)

/** A step is known by its commands; one that is part of a longer command is said with that. */
function isSaid(step: string, said: readonly string[]): boolean {
  const commands = commandsOf(step)
  if (commands.length === 0) return said.includes(step)
  const known = said.flatMap(commandsOf)
  return commands.every((command) => known.some((it) => it.includes(command)))
}

/** Sentences end with a full stop; the next begins with a capital letter or a command. */
export const sentences = (text: string): readonly string[] =>
  text.split(/(?<=\.) (?=[A-Z`])/).filter((it) => it !== '')
