import type { CollectorRow, SinkRow, Snapshot } from '../../api/snapshot.ts'
import type { Finding, Incident, Severity, Terminal } from '../../model/index.ts'
import { leadOf, titleOf } from '../../model/index.ts'
import { duration } from '../../text/durations.ts'
import { safe } from '../../text/sanitize.ts'
import { paint, type Style, sparkline, wrap } from '../../text/terminal.ts'
import { clockUtc, minute } from '../../text/times.ts'

const colors: Readonly<Record<Snapshot['state'] | Severity, Style>> = {
  ok: 'green',
  info: 'cyan',
  warning: 'yellow',
  unknown: 'yellow',
  critical: 'red',
}
const words: Readonly<Record<Snapshot['state'], string>> = {
  ok: 'ALL WELL',
  warning: 'WARNING',
  critical: 'CRITICAL',
  unknown: 'UNKNOWN',
}

export interface StatusOptions {
  /** Set when no daemon could be asked: says so, with the age of what is shown. */
  readonly stale?: string
  /** For the single round of `agent check`: no schedule, no sinks. */
  readonly once?: boolean
}

/** The status page: head, incidents, collectors, sinks, deadlines. Ends with a line break. */
export function renderStatus(it: Snapshot, terminal: Terminal, options: StatusOptions = {}): string {
  return [
    head(it, terminal),
    ...(options.stale ? [wrap(terminal, options.stale, 2)] : []),
    ...it.incidents.map((incident) => renderIncident(incident, it.at, terminal)),
    collectorRows(it.collectors, it.at, terminal, options.once === true),
    ...(it.silences.length > 0 ? [silences(it, terminal)] : []),
    ...(options.once || options.stale ? [] : [sinkRows(it.sinks, it.at, terminal)]),
    ...(it.deadlines.length > 0 ? [deadlines(it, terminal)] : []),
  ]
    .join('\n\n')
    .concat('\n')
}

/** Two lines for a login: the head, and what is open, by title. Empty when all is well. */
export function renderBrief(it: Snapshot, terminal: Terminal, stale?: string): string {
  const open = it.incidents.filter(
    (incident) => incident.resolved === undefined && incident.severity !== 'info',
  )
  if (it.state === 'ok' && !stale) return ''
  const lines = open.slice(0, 5).map((incident) => {
    const since = `since ${clockUtc(incident.since, it.at)}`
    return wrap(
      terminal,
      `${incident.severity}: ${titleOf(incident)} (${leadOf(incident).subject}), ${since}`,
      2,
      4,
    )
  })
  const more = open.length > 5 ? [`  and ${open.length - 5} more`] : []
  return [
    head(it, terminal),
    ...(stale ? [wrap(terminal, stale, 2)] : []),
    ...lines,
    ...more,
    '  More: agent status',
    '',
  ].join('\n')
}

function head(it: Snapshot, terminal: Terminal): string {
  const state = paint(terminal, colors[it.state], words[it.state])
  const place = [paint(terminal, 'bold', safe(it.node)), ...(it.machine ? [safe(it.machine)] : [])].join(', ')
  const looks = it.collectors.flatMap(({ last }) => (last === undefined ? [] : [last]))
  const looked =
    looks.length > 0 ? `looked ${duration(it.at - Math.max(...looks))} ago` : 'has not looked yet'
  const late = it.collectors.filter((one) => isLate(one, it.at)).map((one) => one.name)
  return `${state}  ${place}  (${[looked, ...(late.length > 0 ? [`${late.join(', ')} overdue`] : [])].join('; ')})`
}

/** How long after its scheduled time a round counts as late, ms: no round takes this long. */
const patience = minute
const isLate = ({ next }: CollectorRow, now: number) => next !== undefined && now - next > patience

/** One incident: its cause in full, the affected findings by title. */
export function renderIncident(incident: Incident, now: number, terminal: Terminal): string {
  const { cause, affected, severity, since, resolved } = incident
  const when =
    resolved === undefined
      ? `since ${clockUtc(since, now)}, ${duration(now - since)}`
      : `${clockUtc(since, now)} to ${clockUtc(resolved, now)}`
  const [word, style] =
    resolved === undefined ? [severity.toUpperCase(), colors[severity]] : ['OVER', 'green' as const]
  const lead = leadOf(incident)
  const subject = lead.subject.length < 80 ? `${lead.subject}, ` : ''
  const indent = word.length + 2
  const headline = wrap(terminal, `${titleOf(incident)} (${subject}${when})`, indent, 4).slice(indent)
  const lines = [`${paint(terminal, style, word)}  ${headline}`, wrap(terminal, lead.text, 2)]
  if (resolved !== undefined) return lines.slice(0, 1).join('\n')
  if (incident.why) lines.push(labelled(terminal, 'Cause', incident.why.text))
  lines.push(labelled(terminal, 'So', lead.impact))
  const several = incident.fix.length > 1
  for (const [at, step] of incident.fix.entries())
    lines.push(
      labelled(terminal, at === 0 ? 'Next' : '', several ? `${at + 1}. ${step}` : step, several ? 12 : 9),
    )
  for (const [at, never] of incident.avoid.entries())
    lines.push(labelled(terminal, at === 0 ? 'Never' : '', never))
  if (lead !== cause) lines.push('  It began with', member(cause, now, terminal))
  const others = affected.filter((it) => it !== lead)
  if (others.length > 0) {
    lines.push('  It led to')
    for (const it of others.slice(0, mostConsequences)) lines.push(member(it, now, terminal))
    if (others.length > mostConsequences) lines.push(`    and ${others.length - mostConsequences} more`)
  }
  return lines.join('\n')
}

const mostConsequences = 12

function member(it: Finding, now: number, terminal: Terminal): string {
  const state =
    it.resolved === undefined
      ? `since ${clockUtc(it.since, now)}`
      : `over since ${clockUtc(it.resolved, now)}`
  return wrap(terminal, `- ${it.severity}: ${it.title} (${it.subject}, ${state}): ${it.text}`, 4, 6)
}

function labelled(terminal: Terminal, label: string, text: string, hanging = 9): string {
  const wrapped = wrap(terminal, text, 9, hanging)
  return `  ${paint(terminal, 'dim', label.padEnd(7))}${wrapped.slice(9)}`
}

function collectorRows(
  rows: readonly CollectorRow[],
  now: number,
  terminal: Terminal,
  once: boolean,
): string {
  return rows.map((it) => collectorRow(it, now, terminal, once)).join('\n')
}

function collectorRow(it: CollectorRow, now: number, terminal: Terminal, once: boolean): string {
  const state: readonly [string, Style] =
    it.state === 'ok'
      ? ['ok', 'green']
      : it.state === 'findings'
        ? [`${it.findings} found`, 'yellow']
        : it.state === 'blind'
          ? ['blind', 'yellow']
          : it.state === 'off'
            ? ['off', 'dim']
            : ['looking', 'dim']
  const unrecorded = it.unseen.filter((one) => one.unrecorded).map((one) => one.what)
  const said = [
    ...(it.blindSince !== undefined && !once ? [`blind since ${clockUtc(it.blindSince, now)}`] : []),
    it.summary,
    ...it.unseen.filter((one) => !one.unrecorded).map((one) => `Not seen: ${one.why}`),
    ...(unrecorded.length > 0 ? [`Not recorded: ${unrecorded.join(', ')}`] : []),
    ...(once || it.next === undefined
      ? []
      : [
          isLate(it, now)
            ? `Should have looked at ${clockUtc(it.next, now)}`
            : `Next look in ${duration(it.next - now)}`,
        ]),
  ].filter(Boolean)
  const trend = sparkline(it.trend, 12)
  const text = wrap(terminal, said.map(sentence).join(' ') + (trend ? ` ${trend}` : ''), 22)
  return `  ${it.name.padEnd(10)}${paint(terminal, state[1], state[0].padEnd(10))}${text.slice(22)}`
}

const sentence = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`)

function sinkRows(sinks: readonly SinkRow[], now: number, terminal: Terminal): string {
  if (sinks.length === 0)
    return wrap(
      terminal,
      'Nobody is told: no sink is configured. Findings stand here and in the log. See /etc/murphy/config.yaml.',
      2,
    )
  return sinks.map((it) => sinkRow(it, now, terminal)).join('\n')
}

function sinkRow(it: SinkRow, now: number, terminal: Terminal): string {
  const label = `told by ${it.name}:`
  const told = it.lastSent === undefined ? 'nothing told yet' : `last told ${duration(now - it.lastSent)} ago`
  const waiting = it.waiting > 0 ? `, ${it.waiting} waiting` : ''
  const next = it.failing?.next === undefined ? '' : `, next try in ${duration(it.failing.next - now)}`
  const trouble = it.gone
    ? `; its address is gone: ${it.gone}${next || ', next try with the next message'}`
    : it.failing
      ? `; failing since ${clockUtc(it.failing.since, now)}: ${it.failing.why}${next}`
      : ''
  const text = wrap(terminal, `${label} ${told}${waiting}${trouble}`, 2, 4)
  return trouble ? text.replace(label, paint(terminal, it.gone ? 'red' : 'yellow', label)) : text
}

function silences(it: Snapshot, terminal: Terminal): string {
  const lines = it.silences.map(({ what, until, why }) =>
    wrap(terminal, `Silenced until ${clockUtc(until, it.at)}: ${what}${why ? ` (${why})` : ''}`, 2, 4),
  )
  return lines.join('\n')
}

function deadlines(it: Snapshot, terminal: Terminal): string {
  const parts = it.deadlines.map(
    ({ what, at, confidence }) =>
      `${what}: ${confidence && confidence !== 'date' ? 'about ' : ''}${duration(at - it.at)}`,
  )
  return wrap(terminal, `Runs out in: ${parts.join('; ')}`, 2, 4)
}
