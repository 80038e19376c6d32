import type { Finding, Incident, Notice, Pod, Severity } from '../../model/index.ts'
import { leadOf, titleOf } from '../../model/index.ts'
import { lasting } from '../../text/durations.ts'
import { line } from '../../text/sanitize.ts'
import { messageClock } from '../../text/times.ts'

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
  /** One line an incident, for a digest. */
  readonly lines: readonly string[]
  /** The code of the finding in the headline, for `agent explain`. */
  readonly code?: string
}

const limits = {
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

/** The parts of a notice. Pure and total, whatever the texts hold. Each is one line without control characters. */
export function words(notice: Notice): Words {
  const node = line(notice.node, limits.node)
  const none = { tone: 'info', text: '', cause: '', impact: '', fix: [], avoid: [], lines: [] } as const
  if (notice.kind === 'test')
    return {
      ...none,
      headline: `${node}: a test from Murphy`,
      standing: `sent ${messageClock(notice.at, notice.at)}`,
      text: 'Nothing is wrong. What Murphy finds on this node will be told here.',
    }
  if (notice.kind === 'digest') {
    const many = notice.incidents.length
    return {
      ...none,
      headline: `${node}: ${many === 1 ? 'an incident' : `${many} incidents`} came and went untold`,
      standing: 'over by now',
      text: 'This is what happened while you could not be told here.',
      lines: notice.incidents.map(
        (it) => `${line(titleOf(it), limits.title)}${about(it.cause.pod)}: ${standing(it, notice.at)}`,
      ),
    }
  }
  const { incident } = notice
  const over = incident.resolved !== undefined
  const { cause } = incident
  return {
    headline: `${prefix[notice.kind]}${node}: ${line(titleOf(incident), limits.title)}${about(cause.pod)}`,
    standing: standing(incident, notice.at),
    tone: over ? 'resolved' : incident.severity,
    text: line(leadOf(incident).text, limits.text),
    cause: over ? '' : line(incident.why?.text ?? '', limits.cause),
    impact: over ? '' : line(follows(incident), limits.impact),
    fix: over ? [] : steps(incident),
    avoid: over ? [] : avoids(incident),
    lines: [],
    code: line(leadOf(incident).code, limits.title),
  }
}

const prefix: Readonly<Record<Exclude<Notice['kind'], 'digest' | 'test'>, string>> = {
  opened: '',
  grew: '',
  merged: '',
  worse: 'worse: ',
  reminder: 'still open: ',
  resolved: 'resolved: ',
}

const about = (pod: Pod | undefined) =>
  pod ? ` (${line(`${pod.namespace}/${pod.name}`, limits.subject)})` : ''

function standing(incident: Incident, at: number): string {
  const { severity, since, resolved } = incident
  return resolved === undefined
    ? `${severity}, since ${messageClock(since, at)}, ${lasting(at - since)}`
    : `was ${severity}, ${messageClock(since, at)} to ${messageClock(resolved, at)}, ${lasting(resolved - since)}`
}

const open = (incident: Incident): readonly Finding[] =>
  incident.affected.filter((it) => it.resolved === undefined)

function follows(incident: Incident): string {
  const subjects = new Map<string, string[]>()
  const lead = leadOf(incident)
  for (const it of open(incident)) {
    if (it === lead) continue
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

const steps = (incident: Incident) => distinct(incident.fix, limits.steps)

const avoids = (incident: Incident) => distinct(incident.avoid, limits.avoids)

function distinct(texts: readonly string[], most: number): readonly string[] {
  const lines = new Set<string>()
  for (const text of texts) {
    const it = line(text, limits.step)
    if (it) lines.add(it)
    if (lines.size === most) break
  }
  return [...lines]
}
