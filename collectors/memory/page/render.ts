import type { Terminal, View } from '../../../agent/model/index.ts'
import { duration } from '../../../agent/text/durations.ts'
import { many } from '../../../agent/text/lists.ts'
import { ageText, findingLines, unseenLines } from '../../../agent/text/page-words.ts'
import { safe } from '../../../agent/text/sanitize.ts'
import { share, size } from '../../../agent/text/sizes.ts'
import { paint, type Style, sparkline, wrap } from '../../../agent/text/terminal.ts'
import { clockUtc } from '../../../agent/text/times.ts'
import { reaches, runsOut } from '../filling.ts'
import type { LastBoot } from '../last-boot.ts'
import type { MemorySample, Recent } from '../sample.ts'
import type { Forecast } from '../slope.ts'
import type { Use } from '../use.ts'
import { killsOf } from '../went-down.ts'

const barWidth = 16
const nameWidth = 20
const mostKills = 12

/** Node and containers with their limits and trends, then the last kills. Ends with a line break. */
export function renderMemory(view: View<MemorySample, unknown>, terminal: Terminal): string {
  const { node, sample, now } = view
  return [
    `${paint(terminal, 'bold', safe(node))}  memory  (checked ${ageText(view)})`,
    nodeRows(sample, now, terminal),
    containerRows(sample, now, terminal),
    killRows(sample, now, terminal),
    ...findingLines(view, terminal, 2),
    ...unseenLines(view, terminal),
  ]
    .join('\n\n')
    .concat('\n')
}

function nodeRows(sample: MemorySample, now: number, terminal: Terminal): string {
  const { total, available, pressure, free = [] } = sample
  if (total === undefined || available === undefined) return '  Memory of the node: unreadable.'
  const used = free.map(([, value]) => total - value)
  const stalls = pressure
    ? `Memory pressure (PSI avg60): full ${pressure.full} %, some ${pressure.some} %`
    : 'Memory pressure (PSI): not available on this kernel'
  return [
    row(
      terminal,
      'node',
      (total - available) / total,
      `${share(available, total)} available`,
      used,
      runsOut(sample),
      now,
    ),
    wrap(terminal, stalls, 2),
  ].join('\n')
}

function containerRows({ uses = {}, unlimited = 0 }: MemorySample, now: number, terminal: Terminal): string {
  const rows = Object.entries(uses).map(([id, use]) => containerRow(id, use, now, terminal))
  const without = unlimited > 0 ? [`  ${many(unlimited, 'container')} without a limit`] : []
  return rows.length + without.length > 0
    ? [...rows, ...without].join('\n')
    : '  No container with a memory limit'
}

function containerRow(id: string, use: Use, now: number, terminal: Terminal): string {
  const { pod, used, limit, points = [] } = use
  const name = pod ? [pod.namespace, pod.name, pod.container].filter(Boolean).join('/') : id.slice(0, 12)
  return row(
    terminal,
    name,
    used / limit,
    share(used, limit),
    points.map((it) => it[1]),
    reaches(use),
    now,
  )
}

function row(
  terminal: Terminal,
  name: string,
  part: number,
  amount: string,
  course: readonly number[],
  ahead: Forecast | undefined,
  now: number,
): string {
  const percent = Math.round(100 * part)
  const style: Style = ahead || percent >= 95 ? 'red' : percent >= 80 ? 'yellow' : 'green'
  const full = Math.max(0, Math.min(barWidth, Math.round(part * barWidth)))
  const bar = `${paint(terminal, style, '█'.repeat(full))}${paint(terminal, 'dim', '░'.repeat(barWidth - full))}`
  const trend = sparkline(course, 10)
  const due = ahead
    ? `\n    full in about ${duration(ahead.at * 1000 - now)}${ahead.confidence === 'rough' ? ' (rough)' : ''}, +${size(Math.round(ahead.rate * 60))} a minute`
    : ''
  // A long name gets a line of its own, so that the columns stay aligned.
  const short = name.length <= nameWidth
  const label = wrap(terminal, short ? name.padEnd(nameWidth) : name, 2)
  const head = short ? label.padEnd(nameWidth + 2) : `${label}\n${' '.repeat(nameWidth + 2)}`
  return `${head} ${bar} ${`${percent}`.padStart(3)} %  ${amount}${trend ? `  lately ${trend}` : ''}${due}`
}

function killRows({ account, recent, lastBoot }: MemorySample, now: number, terminal: Terminal): string {
  const balance = account
    ? `OOM kills since boot: ${account.counted} counted by the kernel, ${account.explained} in its log, ${account.before} before Murphy's first check, ${account.lost} not in its log.${disbelieved(account)}`
    : 'OOM kills since boot: not counted by this kernel, or unreadable.'
  const shown = recent.slice(-mostKills).toReversed()
  const since = shown.filter((it) => it.at >= (lastBoot?.booted ?? 0))
  const before = shown.filter((it) => !since.includes(it))
  const row = (it: Recent) => kill(it, now, terminal)
  return [
    wrap(terminal, balance, 2),
    ...since.map(row),
    ...(lastBoot ? bootRow(lastBoot, before.length > 0, now, terminal) : []),
    ...before.map(row),
    ...(recent.length > shown.length ? [`    ${recent.length - shown.length} more before`] : []),
  ].join('\n')
}

const disbelieved = ({ disbelieved = 0 }: NonNullable<MemorySample['account']>) =>
  disbelieved > 0 ? ` ${many(disbelieved, 'OOM log line')} ignored (not counted by the kernel).` : ''

/** When this boot began, if the one before it had OOM kills or cannot be read. */
function bootRow(lastBoot: LastBoot, needed: boolean, now: number, terminal: Terminal): string[] {
  const { booted, kills, ended, orderly, panic, closed } = lastBoot
  if (!needed && kills === undefined && panic === undefined && closed === undefined) return []
  const its = killsOf(lastBoot, now)
  const end =
    ended === undefined
      ? closed && `; previous boot unknown: ${closed}`
      : `; the previous boot ended ${clockUtc(ended, now)} ${panic ? `in a panic (${panic})` : orderly ? 'with a shutdown' : 'without a shutdown'}${its ? `, after ${its}` : ''}`
  return [wrap(terminal, `booted ${clockUtc(booted, now)}${end ?? ''}`, 2, 4)]
}

function kill(it: Recent, now: number, terminal: Terminal): string {
  const { at, subject, comm, pid, rss, processes } = it
  if (it.unrecorded)
    return wrap(
      terminal,
      `${clockUtc(at, now)}  ${subject}: counted by its cgroup, not in the kernel log`,
      4,
      6,
    )
  const held = rss === undefined ? '' : ` with ${size(rss)}`
  const all = processes === undefined ? '' : `, ${processes} processes in all`
  return wrap(terminal, `${clockUtc(at, now)}  ${subject}: ${comm} (pid ${pid})${held}${all}`, 4, 6)
}
