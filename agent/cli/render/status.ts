import type { Snapshot } from '../../api/snapshot.ts'
import type { Severity, Terminal } from '../../model/index.ts'
import { leadOf } from '../../model/index.ts'
import { duration } from '../../text/durations.ts'
import { kindTitle } from '../../text/kinds.ts'
import { many } from '../../text/lists.ts'
import { commandOf, paint, type Style, shownOn, wrap } from '../../text/terminal.ts'
import { clockIn } from '../../text/zones.ts'
import { nameOf, renderIncident } from './incident.ts'
import { blocksOf, renderKind } from './kind.ts'
import { checkTable, deadlineTable, heartbeatTable, isLate, silenceTable, sinkTable } from './rows.ts'

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
  /** With all that could not be seen, the texts of what is affected, and the next rounds. */
  readonly verbose?: boolean
}

/** The status page: head, incidents, checks, sinks, deadlines. Ends with a line break. */
export function renderStatus(it: Snapshot, terminal: Terminal, options: StatusOptions = {}): string {
  const { stale, once = false, verbose = false } = options
  return [
    head(it, terminal, stale),
    ...(stale ? [wrap(terminal, stale, 2)] : []),
    ...(verbose ? it.incidents.map((one) => [one] as const) : blocksOf(it.incidents)).map((block) =>
      block.length > 1
        ? renderKind(block, it.at, terminal)
        : renderIncident(block[0], it.at, terminal, verbose),
    ),
    checkTable(it, terminal, { once, verbose }),
    ...(it.silences.length > 0 ? [silenceTable(it, terminal)] : []),
    ...(once || stale ? [] : [sinkTable(it, terminal)]),
    ...(it.heartbeats ? [heartbeatTable(it, terminal)] : []),
    ...(it.deadlines.length > 0 ? [deadlineTable(it, terminal)] : []),
  ]
    .join('\n\n')
    .concat('\n')
}

/**
 * The same for a screen of `rows` lines: what is at the bottom is left out, the head and the gravest incident never, and
 * the last line says what is missing.
 */
export function renderScreen(page: string, rows: number, terminal: Terminal): string {
  const lines = page.trimEnd().split('\n')
  if (lines.length <= rows) return `${lines.join('\n')}\n`
  const kept = lines.slice(0, Math.max(1, rows - 1))
  const more = `${many(lines.length - kept.length, 'more line')}: ${commandOf(terminal)} status`
  return `${kept.join('\n')}\n${paint(terminal, 'dim', more)}\n`
}

/** A few lines for a login: the head, and what is open, by title. Empty when all is well. */
export function renderBrief(it: Snapshot, terminal: Terminal, stale?: string): string {
  const open = blocksOf(openOf(it))
  if (it.state === 'ok' && !stale) return ''
  const lines = open.slice(0, 5).map((block) => {
    const since = `since ${clockIn(terminal.zone, Math.min(...block.map((one) => one.since)), it.at)}`
    const what = block.length > 1 ? kindTitle(block.map(leadOf)) : nameOf(block[0])
    return wrap(terminal, `${block[0].severity}: ${what}, ${since}`, 2, 4)
  })
  const more = open.length > 5 ? [`  and ${open.length - 5} more`] : []
  return [
    head({ ...it, machine: '' }, terminal, stale),
    ...(stale ? [wrap(terminal, stale, 2)] : []),
    ...lines,
    ...more,
    `  More: ${commandOf(terminal)} status`,
    '',
  ].join('\n')
}

const openOf = ({ incidents }: Snapshot) =>
  incidents.filter((it) => it.resolved === undefined && it.severity !== 'info')

/** "● node1  CRITICAL  1 incident    k3s server v1.36.3+k3s1    checked 2 s ago"; the machine below where it is long. */
function head(it: Snapshot, terminal: Terminal, stale?: string): string {
  const absent = it.collectors.find((one) => one.absent)?.absent
  // What is there to be watched, or is not there any more, is not all well.
  // What nobody looks at any more may be anything.
  const isGone = absent === 'gone' && it.state === 'unknown' && stale === undefined
  const nothing = absent !== undefined && (it.state === 'ok' || isGone)
  const word = nothing ? 'NO K3S' : words[it.state]
  const style = nothing && absent === 'never' ? 'dim' : colors[it.state]
  const count = openOf(it).length
  const looks = it.collectors.flatMap(({ last }) => (last === undefined ? [] : [last]))
  const checked = looks.length > 0 ? `checked ${duration(it.at - Math.max(...looks))} ago` : 'not checked yet'
  const late = it.collectors.filter((one) => isLate(one, it.at)).map((one) => one.name)
  const node = shownOn(terminal, it.node)
  const machine = shownOn(terminal, it.machine)
  const dot = terminal.ascii ? '*' : '●'
  const first = [
    `${paint(terminal, style, dot)} ${paint(terminal, 'bold', node)}`,
    paint(terminal, style, word),
    ...(count > 0 ? [many(count, 'incident')] : []),
  ].join('  ')
  const last = [checked, ...(late.length > 0 ? [`${late.join(', ')} overdue`] : [])].join('; ')
  const bare = `${dot} ${node}  ${word}${count > 0 ? `  ${many(count, 'incident')}` : ''}`
  const oneLine = [first, ...(machine ? [machine] : []), last].join('    ')
  const length = [bare, ...(machine ? [machine] : []), last].join('    ').length
  if (length <= terminal.width) return oneLine
  return `${first}    ${last}${machine ? `\n${wrap(terminal, it.machine, 2)}` : ''}`
}
