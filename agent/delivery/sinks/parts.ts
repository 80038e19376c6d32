import type { Finding, Incident, Pod, Severity } from '../../model/index.ts'
import { leadOf, severities, titleOf } from '../../model/index.ts'
import { lasting } from '../../text/durations.ts'
import { line } from '../../text/sanitize.ts'
import { messageClock } from '../../text/times.ts'
import { shortestName } from '../../text/titles.ts'

/** What a notice says, in parts of one line each. Texts may hold `commands`; each sink escapes for its own format. */
export interface Words {
  /** `node1: the firewall was flushed` */
  readonly headline: string
  /** `critical, since 03:12 UTC, 4 min` */
  readonly standing: string
  readonly tone: Severity | 'resolved'
  readonly text: string
  /** Why it began, and how sure that is; empty where it is what it is by itself. */
  readonly cause: string
  /** What it means for the people who use the cluster. */
  readonly impact: string
  /** Safe steps, in order. */
  readonly fix: readonly string[]
  readonly avoid: readonly string[]
  /** One line an incident, for a digest and for several; `text` is then empty. */
  readonly lines: readonly string[]
  /** The code of the finding in the headline, for `agent explain`. */
  readonly code?: string
}

/** Characters, and how many of what. */
export const limits = {
  node: 80,
  title: 160,
  subject: 120,
  text: 2000,
  cause: 500,
  impact: 1000,
  step: 400,
  steps: 8,
  avoids: 3,
  titles: 6,
  subjects: 3,
}

/** What stands before the node's name, by what is new. */
export const prefix = {
  opened: '',
  grew: '',
  merged: '',
  worse: 'worse: ',
  reminder: 'still open: ',
  resolved: 'resolved: ',
} as const

/** The pod behind a title, unless the title names it already, in whatever short form. */
export const about = (pod: Pod | undefined, title = '') =>
  pod && !title.includes(pod.name.slice(0, shortestName))
    ? ` (${line(`${pod.namespace}/${pod.name}`, limits.subject)})`
    : ''

/** The title of an incident, with its pod. */
export function named(incident: Incident): string {
  const title = line(titleOf(incident), limits.title)
  return `${title}${about(incident.cause.pod, title)}`
}

export function standing(incident: Incident, at: number): string {
  const { severity, since, resolved } = incident
  return resolved === undefined
    ? `${severity}, since ${messageClock(since, at)}, ${lasting(at - since)}`
    : `was ${severity}, ${messageClock(since, at)} to ${messageClock(resolved, at)}, ${lasting(resolved - since)}`
}

/** What is open first, graver before milder, earlier before later: where room ends, what matters most is there. */
export const gravestFirst = (findings: readonly Finding[]): readonly Finding[] =>
  findings.toSorted(
    (a, b) =>
      Number(b.resolved === undefined) - Number(a.resolved === undefined) ||
      severities.indexOf(b.severity) - severities.indexOf(a.severity) ||
      a.since - b.since,
  )

/** The impact of the finding in the title, and what else is open. */
export function follows(incident: Incident): string {
  const subjects = new Map<string, string[]>()
  const lead = leadOf(incident)
  for (const it of gravestFirst(incident.affected)) {
    if (it === lead || it.resolved !== undefined) continue
    const title = line(it.title, limits.title)
    const known = subjects.get(title) ?? []
    subjects.set(title, [...known, ...(it.subject ? [line(it.subject, limits.subject)] : [])])
  }
  const also = bounded(
    [...subjects].map(([title, all]) =>
      all.length === 0 ? title : `${title} (${bounded(all, limits.subjects, ', ')})`,
    ),
    limits.titles,
    '; ',
  )
  return [lead.impact, also && `Also: ${also}.`].filter(Boolean).join(' ')
}

function bounded(all: readonly string[], most: number, between: string): string {
  const more = all.length - most
  return [...all.slice(0, most), ...(more > 0 ? [`and ${more} more`] : [])].join(between)
}

export const steps = (incident: Incident) => distinct(incident.fix, limits.steps)

export const avoids = (incident: Incident) => distinct(incident.avoid, limits.avoids)

function distinct(texts: readonly string[], most: number): readonly string[] {
  const lines = new Set<string>()
  for (const text of texts) {
    const it = line(text, limits.step)
    if (it) lines.add(it)
    if (lines.size === most) break
  }
  return [...lines]
}
