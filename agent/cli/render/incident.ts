import type { Finding, Incident, Severity, Terminal } from '../../model/index.ts'
import { leadOf, statementsOf, titleOf } from '../../model/index.ts'
import { duration } from '../../text/durations.ts'
import { stepOf } from '../../text/steps.ts'
import { between } from '../../text/table.ts'
import { commandOf, paint, type Style, shownOn, wrap } from '../../text/terminal.ts'
import { second } from '../../text/times.ts'
import { namesSubject } from '../../text/titles.ts'
import { clockIn } from '../../text/zones.ts'

const colors: Readonly<Record<Severity, Style>> = { info: 'cyan', warning: 'yellow', critical: 'red' }

/** Where texts stand behind their labels. */
const indent = 11
const mostAffected = 12

/** One incident in the fixed order: what, Impact, Fix, Don't, Cause, Also, More. `full`: each affected one with its text. */
export function renderIncident(incident: Incident, now: number, terminal: Terminal, full = false): string {
  const lead = leadOf(incident)
  const lines = [headline(nameOf(incident), incident, now, terminal)]
  if (incident.resolved !== undefined) return lines.join('\n')
  lines.push(labelled(terminal, 'What', lead.text), labelled(terminal, 'Impact', lead.impact))
  lines.push(...advised(incident, terminal))
  if (incident.why) lines.push(labelled(terminal, 'Cause', incident.why.text))
  const rest = full ? [incident.cause, ...incident.affected] : statementsOf(incident)
  const isSaid = (it: Finding) => it === lead || (!full && it.id === incident.why?.cause && !it.resolved)
  if (rest.includes(incident.cause) && !isSaid(incident.cause))
    lines.push(labelled(terminal, 'Began', member(incident.cause, now, terminal)))
  const others = rest.filter((it) => it !== incident.cause && !isSaid(it))
  for (const [at, it] of others.slice(0, mostAffected).entries())
    lines.push(labelled(terminal, at === 0 ? 'Also' : '', member(it, now, terminal, full), indent + 2))
  if (others.length > mostAffected)
    lines.push(labelled(terminal, '', `and ${others.length - mostAffected} more`))
  lines.push(labelled(terminal, 'More', `${commandOf(terminal)} explain ${lead.code}`))
  return lines.join('\n')
}

/** The steps, numbered, and what not to do. */
export function advised({ fix, avoid }: Pick<Incident, 'fix' | 'avoid'>, terminal: Terminal): string[] {
  const steps = fix.map((it, at) =>
    fixStep(terminal, at === 0 ? 'Fix' : '', fix.length > 1 ? `${at + 1}. ` : '', it),
  )
  return [...steps, ...avoid.map((it, at) => labelled(terminal, at === 0 ? "Don't" : '', it))]
}

/** What stands at the head of an incident, or of several of one kind. */
type Headed = Pick<Incident, 'severity' | 'since' | 'resolved'> & {
  /** When the last of several was, ms. */
  readonly last?: number
}

/** "CRITICAL  title (subject)      03:12 UTC, 18 min", the time at the right. */
export function headline(title: string, it: Headed, now: number, terminal: Terminal): string {
  const { severity, since, resolved, last = since } = it
  const [word, style] =
    resolved === undefined
      ? ([severity.toUpperCase(), colors[severity]] as const)
      : (['RESOLVED', 'green'] as const)
  const clock = (at: number) => clockIn(terminal.zone, at, now)
  // "20:40 to 20:48 UTC": of two times the zone is said once.
  const begun =
    clock(last) === clock(since) ? clock(since) : `${clock(since).replace(/ [^ ]+$/, '')} to ${clock(last)}`
  const when =
    resolved === undefined
      ? `${begun}${now - since < second ? '' : `, ${duration(now - since)}`}`
      : `${clock(resolved)}, after ${duration(resolved - since)}`
  const wrapped = wrap(terminal, title, word.length + 2, 4).slice(word.length + 2)
  const lines = wrapped.split('\n')
  const bottom = lines.at(-1) ?? ''
  const [gap, end] = between(terminal, lines.length === 1 ? `${word}  ${bottom}` : bottom, when)
  return `${paint(terminal, style, word)}  ${paint(terminal, 'bold', wrapped)}${gap}${paint(terminal, 'dim', end)}`
}

/** The title with the subject, where the title does not name it. Commands lose their backticks: it is no step. */
export function nameOf(incident: Incident): string {
  const title = titleOf(incident)
  return `${title}${aboutOf(leadOf(incident), title)}`.replaceAll('`', '')
}

/** The subject behind a title, unless the title names it or its pod already, in whatever short form. */
export const aboutOf = (it: Pick<Finding, 'subject' | 'pod'>, title: string): string =>
  namesSubject(title, it) ? '' : ` (${it.subject})`

function member(it: Finding, now: number, terminal: Terminal, full = false): string {
  const over = it.resolved === undefined ? '' : `, over since ${clockIn(terminal.zone, it.resolved, now)}`
  return `${it.title}${aboutOf(it, it.title)}${over}${full ? `: ${it.text}` : ''}`
}

export function labelled(terminal: Terminal, label: string, text: string, hanging = indent): string {
  const wrapped = wrap(terminal, text, indent, hanging)
  return `  ${paint(terminal, 'dim', label.padEnd(indent - 2))}${wrapped.slice(indent)}`
}

/**
 * One step. Its command stands on a line of its own and without backticks, as a shell would take what stands in them
 * for another command, and is never broken; a step that has its command within a sentence stays that sentence.
 */
function fixStep(terminal: Terminal, label: string, number: string, step: string): string {
  const hanging = indent + number.length
  const { before, command, after } = stepOf(step.trim())
  const words = (text: string) => (text ? [wrap(terminal, text, hanging, hanging)] : [])
  const shown = command && shownOn(terminal, `\`${command}`).slice(1)
  const typed = shown ? [' '.repeat(hanging) + paint(terminal, 'cyan', shown)] : []
  const [first = '', ...rest] = [...words(before), ...typed, ...words(after)]
  const head = `  ${paint(terminal, 'dim', label.padEnd(indent - 2))}${number}`
  return [head + first.slice(hanging), ...rest].join('\n')
}
