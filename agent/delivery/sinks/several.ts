import type { Incident, Notice } from '../../model/index.ts'
import { leadOf, severityOfAll } from '../../model/index.ts'
import { duration } from '../../text/durations.ts'
import { kindTitle } from '../../text/kinds.ts'
import { line } from '../../text/sanitize.ts'
import { messageClock } from '../../text/times.ts'
import { avoids, limits, named, prefix, standing, steps, type Words } from './parts.ts'

type SeveralNotice = Extract<Notice, { kind: 'several' }>

/** How many steps of the gravest one are in a message about different things. */
const firstSteps = 3
/** How many lines no service has more room than for. */
const mostLines = 50
const seeAll = 'For the others: `agent status`'

/** The title of a message about several: `14 pods: OOMKilled while Murphy was away`. One line, total. */
export function severalTitle({ incidents, group }: SeveralNotice): string {
  const many = incidents.length
  const [first] = incidents
  if (many === 1 && first) return named(first)
  const codes = new Set(incidents.map(({ cause }) => cause.code))
  const when = {
    quiet: ' in quiet hours',
    away: ' while Murphy was away',
    start: " at Murphy's first check",
    kind: '',
    rest: '',
  }[group.of]
  if (codes.size === 1)
    return `${kindTitle(incidents.map(({ cause }) => ({ ...cause, kind: lineOfKind(cause) })))}${when}`
  const gravest = first ? `: ${named(first)}` : ''
  const others = many > 1 ? ` and ${many - 1} more` : ''
  return group.of === 'rest'
    ? `${many} more problems in 10 min${gravest}${others}`
    : `${many} problems${when}${gravest}${others}`
}

const lineOfKind = ({ kind, title }: Incident['cause']) => line(kind ?? title, limits.title)

/** The parts of a notice about several incidents: what, how many, which, and what to do about the gravest. */
export function severalWords(notice: SeveralNotice, node: string): Words {
  const { incidents, change, at, into } = notice
  const [gravest] = incidents
  const open = incidents.filter((it) => it.resolved === undefined)
  const isKind = new Set(incidents.map(({ cause }) => cause.code)).size === 1
  const over = open.length === 0
  const own = gravest && !over ? steps(gravest) : []
  return {
    headline: `${node}: ${prefix(change, (over ? endOf(incidents) : at) - sinceOf(incidents))}${into ? named(into) : severalTitle(notice)}`,
    standing: standingOf(incidents, open, at),
    since: sinceOf(incidents),
    tone: over ? 'resolved' : severityOfAll(incidents),
    text: '',
    cause: '',
    also: '',
    impact: gravest && !over && isKind ? line(leadOf(gravest).impact, limits.impact) : '',
    fix: over ? [] : [...(isKind ? own : own.slice(0, firstSteps)), ...(isKind ? [] : [seeAll])],
    avoid: gravest && !over ? avoids(gravest) : [],
    lines: [
      ...incidents.slice(0, mostLines).map((it) => (isKind ? whichOne(it) : wholeLine(it, at))),
      ...(incidents.length > mostLines ? [`and ${incidents.length - mostLines} more: \`agent status\``] : []),
    ],
    ...(gravest && { code: line(leadOf(gravest).code, limits.title) }),
  }
}

const wholeLine = (it: Incident, at: number) => `${named(it)}: ${standing(it, at)}`

/** Of one kind, the title says what; so the line says which, and what was seen. */
function whichOne({ cause, resolved }: Incident): string {
  const mark = resolved === undefined ? '' : ' (resolved)'
  return `${line(cause.subject, limits.subject)}${mark}: ${line(cause.text, limits.text)}`
}

const sinceOf = (incidents: readonly Incident[]) => Math.min(...incidents.map((it) => it.since))
const endOf = (incidents: readonly Incident[]) => Math.max(...incidents.map((it) => it.resolved ?? it.since))

function standingOf(incidents: readonly Incident[], open: readonly Incident[], at: number): string {
  const since = sinceOf(incidents)
  const severity = severityOfAll(incidents)
  if (open.length === 0)
    return `was ${severity}, ${messageClock(since, at)} to ${messageClock(endOf(incidents), at)}`
  const still = open.length < incidents.length ? `, ${open.length} of ${incidents.length} open` : ''
  return `${severity}${still}, since ${messageClock(since, at)} (${duration(at - since)})`
}
