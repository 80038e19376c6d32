import type { Finding, Incident, Notice, Pod, Severity } from '../../model/index.ts'
import { leadOf, severities, statementsOf, titleOf } from '../../model/index.ts'
import { duration } from '../../text/durations.ts'
import { shorten } from '../../text/lengths.ts'
import { underName } from '../../text/own-name.ts'
import { line } from '../../text/sanitize.ts'
import { stepOf } from '../../text/steps.ts'
import { messageClock } from '../../text/times.ts'
import { namesPod, namesSubject } from '../../text/titles.ts'

/** What a notice says, in parts of one line each. Texts may hold `commands`; each sink escapes for its own format. */
export interface Words {
  /** `node1: OOMKilled: shop/db-0 (limit 64 MiB)` */
  readonly headline: string
  /** `critical since 03:12 UTC (4 min)` */
  readonly standing: string
  /** When it began, ms, for a service that shows times in the reader's own zone. Absent for what has no beginning. */
  readonly since?: number
  readonly tone: Severity | 'resolved'
  readonly text: string
  /** What it means for the people who use the cluster. */
  readonly impact: string
  /** Safe steps, in order, each whole however long it is. */
  readonly fix: readonly string[]
  /** Prohibitions, each whole. */
  readonly avoid: readonly string[]
  /** Why it began, and how sure that is; empty where it is what it is by itself. */
  readonly cause: string
  /** What else is open and follows from the same. */
  readonly also: string
  /** One line an incident, for a digest and for several; `text` is then empty. */
  readonly lines: readonly string[]
  /** The code of the finding in the headline, for `agent explain`. */
  readonly code?: string
  /** What Murphy's own command is called on the node, if not `agent`. */
  readonly command?: string
  /** `cluster home`, where the owner has named it: it belongs into every message. */
  readonly cluster?: string
}

/** Characters, and how many of what. */
export const limits = {
  node: 80,
  cluster: 40,
  title: 160,
  subject: 120,
  text: 2000,
  cause: 500,
  impact: 1000,
  steps: 12,
  avoids: 3,
  titles: 6,
  subjects: 3,
}

/** What shows at a glance how grave it is, where there are no colours. */
export const marks = { critical: '🔴', warning: '🟠', info: '🔵', resolved: '🟢' }

/** Where everything that had no room stands. */
export const rest =
  ({ command }: Pick<Words, 'command'>) =>
  (left: number) =>
    underName(`${left} more: \`agent status\``, command)

/** Who writes, for the foot of a message: `Murphy · node1 · cluster home · firewall.flushed`. One line. */
export function signature({ node, cluster }: Notice, code: string | undefined, limit: number): string {
  const parts = ['Murphy', node, cluster && `cluster ${cluster}`, code]
  return shorten(
    parts
      .filter(Boolean)
      .map((it) => line(it ?? ''))
      .join(' · '),
    limit,
  )
}

/** What is said above a signature, which names the cluster. */
export const unsigned = ({ cluster: _, ...said }: Words): Words => said

/** What stands between the node's name and the title, by what is new. */
export function prefix(
  change: 'opened' | 'worse' | 'grew' | 'merged' | 'resolved' | 'reminder',
  lasted: number,
): string {
  switch (change) {
    case 'worse':
      return 'worse: '
    case 'reminder':
      return `still open after ${duration(lasted)}: `
    case 'resolved':
      return `resolved after ${duration(lasted)}: `
    default:
      return ''
  }
}

/** The pod behind a title, unless the title names it already. */
export const about = (pod: Pod | undefined, title = '') =>
  pod && !namesPod(title, pod) ? ` (${line(`${pod.namespace}/${pod.name}`, limits.subject)})` : ''

/** The title of an incident, with the pod of the finding that it is of. */
export function named(incident: Incident): string {
  const title = line(titleOf(incident), limits.title)
  return `${title}${about(leadOf(incident).pod, title)}`
}

export function standing({ severity, since, resolved }: Incident, at: number): string {
  return resolved === undefined
    ? `${severity} since ${messageClock(since, at)} (${duration(at - since)})`
    : `was ${severity}, ${messageClock(since, at)} to ${messageClock(resolved, at)}`
}

/** What is open first, graver before milder, earlier before later: where room ends, what matters most is there. */
export const gravestFirst = (findings: readonly Finding[]): readonly Finding[] =>
  findings.toSorted(
    (a, b) =>
      Number(b.resolved === undefined) - Number(a.resolved === undefined) ||
      severities.indexOf(b.severity) - severities.indexOf(a.severity) ||
      a.since - b.since,
  )

/** What else is open beside the finding in the title: each title once, with its subjects. */
export function alsoAffected(incident: Incident): string {
  const subjects = new Map<string, string[]>()
  const lead = leadOf(incident)
  for (const it of gravestFirst(statementsOf(incident))) {
    if (it === lead || it.resolved !== undefined || isHarmless(it, incident)) continue
    const title = line(it.title, limits.title)
    const known = subjects.get(title) ?? []
    subjects.set(title, [...known, ...(namesSubject(title, it) ? [] : [line(it.subject, limits.subject)])])
  }
  return bounded(
    [...subjects].map(([title, all]) =>
      all.length === 0 ? title : `${title} (${bounded(all, limits.subjects, ', ')})`,
    ),
    limits.titles,
    '; ',
  )
}

/** A cause that something graver followed from, such as a restart, is named as the cause. */
const isHarmless = (it: Finding, { why }: Incident) => why?.cause === it.id

function bounded(all: readonly string[], most: number, between: string): string {
  const more = all.length - most
  return [...all.slice(0, most), ...(more > 0 ? [`and ${more} more`] : [])].join(between)
}

export const steps = (incident: Incident) => distinct(incident.fix, limits.steps)

export const avoids = (incident: Incident) => distinct(incident.avoid, limits.avoids)

function distinct(texts: readonly string[], most: number): readonly string[] {
  const lines = new Set(texts.map((it) => line(it)))
  lines.delete('')
  return [...lines].slice(0, most)
}

/** The command of the first step; undefined where that is none: a later one is not the next safe step. */
export const firstCommand = ({ fix: [first = ''] }: Pick<Words, 'fix'>) => stepOf(first).command

/** The owner's instructions for what is in the headline; undefined where none are set or the URL is none. */
export function runbook(url: string | undefined, code: string | undefined): string | undefined {
  if (url === undefined || code === undefined) return undefined
  const whole = url.replaceAll('{code}', encodeURIComponent(code.toWellFormed()))
  return whole.length <= 500 && URL.canParse(whole) ? URL.parse(whole)?.href : undefined
}
