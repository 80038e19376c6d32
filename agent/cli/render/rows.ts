import type { CollectorRow, SinkRow, Snapshot } from '../../api/snapshot.ts'
import type { HeartbeatState, Severity, Terminal } from '../../model/index.ts'
import { severities } from '../../model/index.ts'
import { duration } from '../../text/durations.ts'
import { type TableRow, table } from '../../text/table.ts'
import { commandOf, type Style, wrap } from '../../text/terminal.ts'
import { minute } from '../../text/times.ts'
import { clockIn } from '../../text/zones.ts'

export interface RowsOptions {
  /** A single round: no schedule, no ages. */
  readonly once: boolean
  /** With all that could not be seen, and the next round. */
  readonly verbose: boolean
}

/** How long after its scheduled time a round counts as late, ms: no round takes this long. */
const patience = minute
export const isLate = ({ next }: CollectorRow, now: number) => next !== undefined && now - next > patience

const marks: Readonly<Record<Severity, readonly [string, Style]>> = {
  critical: ['CRITICAL', 'red'],
  warning: ['WARNING', 'yellow'],
  info: ['info', 'cyan'],
}

/** CHECK: the gravest first, then in their own order. */
export function checkTable(it: Snapshot, terminal: Terminal, options: RowsOptions): string {
  const rows = it.collectors
    .map((row) => ({ row, severity: gravestOf(row, it) }))
    .toSorted((a, b) => rank(b.severity) - rank(a.severity))
    .map(({ row, severity }) => checkRow(row, severity, it.at, terminal, options))
  return options.once
    ? table(
        terminal,
        ['CHECK', 'STATE', 'SUMMARY'],
        rows.map((one) => ({ ...one, cells: one.cells.filter((_, at) => at !== 2) })),
      )
    : table(terminal, ['CHECK', 'STATE', 'AGE', 'SUMMARY'], rows)
}

const rank = (it: Severity | undefined) => (it === undefined ? -1 : severities.indexOf(it))

/** The gravest open finding of a collector, by the incidents. */
function gravestOf(row: CollectorRow, { incidents }: Snapshot): Severity | undefined {
  if (row.findings === 0) return undefined
  return incidents
    .flatMap(({ cause, affected }) => [cause, ...affected])
    .filter((it) => it.resolved === undefined && it.code.startsWith(`${row.name}.`))
    .filter((it) => !it.code.endsWith('.blind'))
    .map((it) => it.severity)
    .toSorted((a, b) => rank(b) - rank(a))[0]
}

function stateOf(row: CollectorRow, severity: Severity | undefined): readonly [string, Style] {
  if (severity) return marks[severity]
  if (row.state === 'blind') return ['blind', 'yellow']
  if (row.state === 'findings') return [`${row.findings} found`, 'yellow']
  if (row.state === 'off' || row.state === 'waiting') return [row.state, 'dim']
  if (row.absent) return row.absent === 'gone' ? ['gone', 'yellow'] : ['none', 'dim']
  return ['ok', 'green']
}

/** So many reasons for blindness are shown without `-v`. */
const mostReasons = 2

function checkRow(
  row: CollectorRow,
  severity: Severity | undefined,
  now: number,
  terminal: Terminal,
  { once, verbose }: RowsOptions,
): TableRow {
  const [state, style] = stateOf(row, severity)
  const late = !once && isLate(row, now)
  const blind = row.state === 'blind'
  const unrecorded = row.unseen.filter((it) => it.unrecorded).map((it) => it.what)
  const reasons = row.unseen.filter((it) => !it.unrecorded).map((it) => `Not seen: ${it.why}`)
  const shown = verbose ? reasons : blind ? reasons.slice(0, mostReasons) : []
  const clock = (at: number) => clockIn(terminal.zone, at, now)
  const said = [
    ...(late && row.next !== undefined ? [`overdue since ${clock(row.next)}`] : []),
    ...(blind && row.blindSince !== undefined && !once ? [`blind since ${clock(row.blindSince)}`] : []),
    ...(row.summary ? [row.summary.replace(/\.$/, '')] : []),
  ]
  const folded = row.unseen.length - (verbose ? row.unseen.length : shown.length)
  const partial = `${folded} ${blind ? 'more' : 'partial'}`
  const hint = `${commandOf(terminal)} ${once ? 'check' : 'status'} -v`
  const timing = [
    ...(row.next === undefined || late ? [] : [`next in ${duration(row.next - now)}`]),
    ...(row.took === undefined
      ? []
      : [`last took ${row.took < 1000 ? `${Math.round(row.took)} ms` : duration(row.took)}`]),
  ]
  return {
    cells: [
      { text: row.name },
      { text: state, style },
      { text: row.last === undefined ? '' : duration(now - row.last) },
      { text: said.join('; ') },
    ],
    ...(folded > 0 && { ends: [`(${partial}: ${hint})`, `(${partial})`] }),
    notes: [
      ...shown,
      ...(verbose && unrecorded.length > 0 ? [`Not recorded: ${unrecorded.join(', ')}`] : []),
      ...(verbose && !once && timing.length > 0 ? [`Round: ${timing.join(', ')}`] : []),
    ],
  }
}

/** SINK, or that there is none. */
export function sinkTable({ sinks, at }: Snapshot, terminal: Terminal): string {
  const rows = sinks.length === 0 ? '' : rowsOf(sinks, at, terminal)
  // Conditions and events notify nobody by themselves.
  if (sinks.some((it) => it.type !== 'kubernetes')) return rows
  const none =
    'No sink is configured: nobody is notified. Findings are shown here and in the log. Add one in /etc/murphy/config.yaml.'
  return [wrap(terminal, none, 0), ...(rows ? [rows] : [])].join('\n\n')
}

const rowsOf = (sinks: readonly SinkRow[], at: number, terminal: Terminal): string =>
  table(
    terminal,
    ['SINK', 'STATE', 'LAST SENT'],
    sinks.map((it) => sinkRow(it, at, terminal)),
  )

function sinkRow(it: SinkRow, now: number, terminal: Terminal): TableRow {
  const [state, style]: readonly [string, Style] = it.gone
    ? ['GONE', 'red']
    : it.failing
      ? ['FAILING', 'yellow']
      : it.quiet
        ? ['quiet', 'cyan']
        : ['ok', 'green']
  const sent = it.lastSent === undefined ? 'nothing yet' : `${duration(now - it.lastSent)} ago`
  const next = it.failing?.next === undefined ? undefined : `next try in ${duration(it.failing.next - now)}`
  const trouble = it.gone
    ? `Its address is gone: ${it.gone}; ${next ?? 'next try with the next message'}`
    : it.failing
      ? `Failing since ${clockIn(terminal.zone, it.failing.since, now)}: ${it.failing.why}${next ? `; ${next}` : ''}`
      : undefined
  return {
    cells: [
      { text: it.name },
      { text: state, style },
      { text: `${sent}${it.waiting > 0 ? `, ${it.waiting} waiting` : ''}` },
    ],
    notes: [
      ...(trouble ? [trouble] : []),
      ...(it.quiet ? [quietText(it.quiet, now, terminal.zone)] : []),
      ...(it.lacks ? [it.lacks] : []),
      ...(it.onlyWhen
        ? [`Only used while ${it.onlyWhen.join(' and ')} fail${it.onlyWhen.length === 1 ? 's' : ''}`]
        : []),
    ],
  }
}

/** "Quiet until 07:00 UTC (2 h): only critical is sent; the rest comes then" */
export function quietText(
  { until, passes }: NonNullable<SinkRow['quiet']>,
  now: number,
  zone: string | undefined,
): string {
  const what = {
    warning: 'only warning and critical are',
    critical: 'only critical is',
    nothing: 'nothing is',
  }
  return `Quiet until ${clockIn(zone, until, now)} (${duration(until - now)}): ${what[passes]} sent; the rest comes then`
}

/** HEARTBEAT: who hears regularly that Murphy works. */
export const heartbeatTable = ({ heartbeats = [], at }: Snapshot, terminal: Terminal): string =>
  table(
    terminal,
    ['HEARTBEAT', 'STATE', 'LAST SENT'],
    heartbeats.map((it) => heartbeatRow(it, at, terminal)),
  )

function heartbeatRow(it: HeartbeatState, now: number, terminal: Terminal): TableRow {
  const [state, style]: readonly [string, Style] =
    it.held !== undefined ? ['HELD', 'red'] : it.failing ? ['FAILING', 'yellow'] : ['ok', 'green']
  const sent = it.lastSent === undefined ? 'nothing yet' : `${duration(now - it.lastSent)} ago`
  return {
    cells: [{ text: it.name }, { text: state, style }, { text: `${sent}, every ${duration(it.every)}` }],
    notes: [
      ...(it.held !== undefined ? [`Not sent, as Murphy does not work as it should: ${it.held}`] : []),
      ...(it.failing
        ? [`Failing since ${clockIn(terminal.zone, it.failing.since, now)}: ${it.failing.why}`]
        : []),
    ],
  }
}

/** SILENCED: what nobody is notified of. */
export const silenceTable = ({ silences, at }: Snapshot, terminal: Terminal): string =>
  table(
    terminal,
    ['SILENCED', 'UNTIL', 'WHY'],
    silences.map((it) => ({
      cells: [{ text: it.what }, { text: clockIn(terminal.zone, it.until, at) }, { text: it.why ?? '' }],
    })),
  )

/** DEADLINE: what expires or fills up, and in how long. A date that has passed has `expired`. */
export const deadlineTable = ({ deadlines, at: now }: Snapshot, terminal: Terminal): string =>
  table(
    terminal,
    ['IN', 'DEADLINE'],
    deadlines.map(({ what, at, confidence = 'date' }) => {
      const dated = confidence === 'date'
      const left = duration(at - now)
      const [text, style]: readonly [string, Style?] =
        at <= now ? [dated ? 'expired' : 'now', 'red'] : [dated ? left : `about ${left}`]
      return { cells: [{ text, ...(style && { style }) }, { text: what }] }
    }),
  )
