import type { Finding, Incident, Rules, Severity, Terminal } from '../../model/index.ts'
import { duration } from '../../text/durations.ts'
import { paint, type Style, wrap } from '../../text/terminal.ts'
import { dateIn, timeIn, zoneName } from '../../text/zones.ts'
import { aboutOf } from './incident.ts'

const marks: Readonly<Record<Severity, readonly [string, Style]>> = {
  info: ['i', 'dim'],
  warning: ['w', 'yellow'],
  critical: ['!', 'red'],
}

/**
 * The timeline in one column, oldest first: a head line for each day, then the time, the severity's mark, the cause
 * and its duration, with the affected findings indented below, and what the marks mean. Events have no duration: their
 * finding stays open only for as long as the event is remembered. `wide`: with codes.
 */
export function renderHistory(
  incidents: readonly Incident[],
  rules: Rules,
  now: number,
  terminal: Terminal,
  wide = false,
): string {
  const { zone } = terminal
  const entry = (it: Finding, indent: number) => {
    const length =
      it.resolved === undefined
        ? `open, ${duration(now - it.since)}`
        : `for ${duration(it.resolved - it.since)}`
    const code = wide ? ` [${it.code}]` : ''
    const what = `${it.title}${aboutOf(it, it.title)}${code}${rules[it.code]?.event ? '' : `, ${length}`}: ${it.text}`
    return wrap(terminal, what, indent, indent).slice(indent)
  }
  const lines: string[] = []
  let day = ''
  for (const it of [...incidents].sort((a, b) => a.since - b.since)) {
    const its = dateIn(zone, it.since)
    if (its !== day) {
      if (day) lines.push('')
      lines.push(paint(terminal, 'bold', `${its} (${zoneName(zone, it.since)})`))
      day = its
    }
    const [mark, style] = marks[gravest(it)]
    lines.push(`${timeIn(zone, it.since)} ${paint(terminal, style, mark)} ${entry(it.cause, 8)}`)
    for (const one of it.affected) {
      const delay = one.since - it.since
      lines.push(
        `        ${paint(terminal, 'dim', `+${duration(delay)}`)} ${entry(one, 10 + duration(delay).length)}`,
      )
    }
  }
  return lines.length > 0 ? `${[...lines, '', legend(terminal)].join('\n')}\n` : 'Nothing happened.\n'
}

function legend(terminal: Terminal): string {
  const shown = (['critical', 'warning', 'info'] as const).map((it) => {
    const [mark, style] = marks[it]
    return `${paint(terminal, style, mark)} ${it}`
  })
  return [...shown, '+ how long after the first'].join('   ')
}

/** The highest severity the incident ever had, whether or not those findings are still open. */
function gravest({ cause, affected }: Incident): Severity {
  const all = [cause, ...affected].map((it) => it.severity)
  return all.includes('critical') ? 'critical' : all.includes('warning') ? 'warning' : 'info'
}
