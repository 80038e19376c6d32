import type { Terminal } from '../model/index.ts'
import { paint, type Style, shownOn, wrap } from './terminal.ts'

/** One cell. The last of a row may be as long as it likes; the others stand on one line. */
export interface Cell {
  readonly text: string
  readonly style?: Style
}

/** A row, and what is said below it, each wrapped and indented. */
export interface TableRow {
  readonly cells: readonly Cell[]
  /** The first of these for which there is room stands at the right end of the last cell's line; else the last below it. */
  readonly ends?: readonly string[]
  readonly notes?: readonly string[]
}

/** No column but the last is wider. */
const widest = 28

/** Rows under their heads, in columns; the last column is wrapped within itself. Without a line break at the end. */
export function table(terminal: Terminal, heads: readonly string[], rows: readonly TableRow[]): string {
  const last = heads.length - 1
  const shownCell = (text: string) => fit(shownOn(terminal, text).replace(/\s+/g, ' '), widest)
  const widths = heads.slice(0, last).map((head, at) => {
    const cells = rows.map(({ cells: its }) => shownCell(its[at]?.text ?? '').length)
    return Math.max(head.length, ...cells) + 2
  })
  const indent = widths.reduce((sum, it) => sum + it, 0)
  const line = ({ cells, ends = [], notes = [] }: TableRow) => {
    const first = widths.map((width, at) => {
      const { text = '', style } = cells[at] ?? {}
      const shown = shownCell(text)
      return (style ? paint(terminal, style, shown) : shown) + ' '.repeat(width - shown.length)
    })
    const rest = ended(terminal, cells[last]?.text ?? '', ends, indent)
    const below = notes.map((it) => `\n${wrap(terminal, it, 2, 4)}`)
    return `${first.join('')}${rest.slice(indent)}`.trimEnd() + below.join('')
  }
  const title = heads.map((it, at) => it.padEnd(widths[at] ?? 0)).join('')
  return [paint(terminal, 'dim', title.trimEnd()), ...rows.map(line)].join('\n')
}

/** A text that is wrapped behind `indent`, with one of `ends` at the right. */
function ended(terminal: Terminal, text: string, ends: readonly string[], indent: number): string {
  const alone = wrap(terminal, text, indent)
  const last = ends.at(-1)
  if (last === undefined) return alone
  const line =
    wrap({ ...terminal, color: false }, text, indent)
      .split('\n')
      .at(-1) ?? ''
  const end = ends.find((it) => terminal.width - line.length - it.length >= 2)
  if (end === undefined) return `${alone}\n${' '.repeat(indent)}${paint(terminal, 'dim', last)}`
  return alone + ' '.repeat(terminal.width - line.length - end.length) + paint(terminal, 'dim', end)
}

/** At most `width` characters, with a mark where something was cut off. */
const fit = (text: string, width: number) => (text.length > width ? `${text.slice(0, width - 1)}~` : text)

/** A line with `end` at the right of the terminal; below it where there is no room for both. Both are unpainted. */
export function between(terminal: Terminal, start: string, end: string): readonly [string, string] {
  const room = terminal.width - start.length - end.length
  return room >= 2
    ? [' '.repeat(room), end]
    : [`\n${' '.repeat(Math.max(2, terminal.width - end.length))}`, end]
}
