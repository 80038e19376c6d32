import type { Sample, Terminal, View } from '../../../agent/model/index.ts'
import { duration } from '../../../agent/text/durations.ts'
import { ageText, findingLines, unseenLines } from '../../../agent/text/page-words.ts'
import { safe } from '../../../agent/text/sanitize.ts'
import { paint, type Style, wrap } from '../../../agent/text/terminal.ts'
import { date } from '../../../agent/text/times.ts'
import type { Row } from '../rows.ts'

const styles: Readonly<Record<Row['state'], Style>> = {
  expired: 'red',
  'not yet valid': 'red',
  'last days': 'red',
  unreadable: 'yellow',
  soon: 'yellow',
  ok: 'green',
  unused: 'dim',
}

/** The table: state, place, user, end, and how much of its life is left. Ends with a line break. */
export function renderCerts(view: View<Sample, unknown>, rows: readonly Row[], terminal: Terminal): string {
  const { node, summary, now, at, problem, options } = view
  const age = now - at > 2_000 || problem ? ` (looked ${ageText(view)})` : ''
  const hidden = options.all
    ? []
    : [wrap(terminal, 'Authorities, copies and what nobody uses: `agent certs --all`', 2)]
  return [
    wrap(terminal, `${node}: ${summary}${age}`, 0, 2),
    ...(rows.length > 0 ? [[head(terminal), ...rows.map((it) => row(it, now, terminal))].join('\n')] : []),
    ...findingLines(view, terminal),
    ...unseenLines(view, terminal),
    ...(rows.length > 0 ? hidden : []),
  ]
    .join('\n\n')
    .concat('\n')
}

const columns = { state: 15, ends: 12, left: 12, life: 12 }

const head = (terminal: Terminal) =>
  paint(
    terminal,
    'dim',
    `${'STATE'.padEnd(columns.state)}${'EXPIRES'.padEnd(columns.ends)}${'IN'.padEnd(columns.left)}${'LIFE LEFT'.padEnd(columns.life)}WHAT`,
  )

function row(it: Row, now: number, terminal: Terminal): string {
  const { from, to } = it
  const dated = from !== undefined && to !== undefined
  const left = !dated ? '' : to < now ? `${duration(now - to)} ago` : duration(to - now)
  const cells = [
    paint(terminal, styles[it.state], it.state.padEnd(columns.state)),
    (dated ? date(to) : '').padEnd(columns.ends),
    left.padEnd(columns.left),
    (dated ? lifeBar(from, to, now) : '').padEnd(columns.life),
  ]
  const room = terminal.width - Object.values(columns).reduce((sum, width) => sum + width, 0)
  const kind = it.kind === 'authority' ? 'authority' : it.use === 'both' ? 'client and serving' : it.use
  const used = [kind, it.by, it.differs && 'not what the file holds'].filter(Boolean).join(', ')
  const where = safe(it.problem ?? it.where)
  return [
    `${cells.join('')}${cut(safe(it.name), room)}`.trimEnd(),
    wrap(terminal, `${where}${used ? ` (${used})` : ''}`, 2, 4),
  ].join('\n')
}

const cut = (text: string, room: number) => (text.length > room ? `${text.slice(0, room - 1)}…` : text)

/** How much of a certificate's life is left, in ten parts, rounded up so that an empty bar means expired. */
export function lifeBar(from: number, to: number, now: number): string {
  const part = to > from ? (to - Math.max(now, from)) / (to - from) : 0
  const full = Math.max(0, Math.min(10, Math.ceil(part * 10)))
  return '█'.repeat(full) + '░'.repeat(10 - full)
}
