import type { Terminal } from '../../model/index.ts'
import { paint, type Style, wrap } from '../../text/terminal.ts'
import { timeOfDay } from '../../text/times.ts'

/** What one message said, in parts of one line each. */
export interface Told {
  readonly at: number
  /** `opened`, `resolved` and so on. */
  readonly kind: string
  readonly headline: string
  readonly standing: string
  readonly tone: 'info' | 'warning' | 'critical' | 'resolved'
  readonly text: string
  readonly impact: string
  readonly fix: readonly string[]
  readonly avoid: readonly string[]
  readonly lines: readonly string[]
}

const styles: Readonly<Record<Told['tone'], Style>> = {
  ...{ critical: 'red', warning: 'yellow', info: 'bold', resolved: 'green' },
}

/** How far texts stand behind the labels. */
const indent = 11

/** One message as text, with the time and why it came, and an empty line behind it. */
export function renderTold(told: Told, terminal: Terminal): string {
  const { at, kind, headline, standing, tone, text, impact, fix, avoid, lines: missed } = told
  const labelled = (label: string, words: string, hanging = indent) =>
    `  ${label.padEnd(indent - 2)}${wrap(terminal, words, indent, hanging).slice(indent)}`.trimEnd()
  const lines = [
    `${timeOfDay(at)}  ${kind.padEnd(8)}  ${paint(terminal, styles[tone], headline)}`,
    labelled('', standing),
    ...(text ? [labelled('What', text)] : []),
    ...missed.map((it) => labelled('', it)),
    ...(impact ? [labelled('Impact', impact)] : []),
    ...fix.map((it, index) => labelled(index === 0 ? 'Fix' : '', `${index + 1}. ${it}`, indent + 3)),
    ...avoid.map((it, index) => labelled(index === 0 ? "Don't" : '', it)),
  ]
  return `${lines.join('\n')}\n\n`
}
