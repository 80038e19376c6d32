import type { Terminal } from '../model/index.ts'
import { safe } from './sanitize.ts'

/** Colour only on a terminal, never with NO_COLOR (https://no-color.org); a serial console is 80 wide. */
export function terminalOf(
  stream: { readonly isTTY?: boolean; readonly columns?: number },
  environment: Readonly<Record<string, string | undefined>>,
): Terminal {
  const color = stream.isTTY === true && !environment.NO_COLOR && environment.TERM !== 'dumb'
  return { color, width: Math.max(60, Math.min(stream.columns ?? 80, 120)) }
}

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const
export type Style = keyof typeof codes

export const paint = (terminal: Terminal, style: Style, text: string) =>
  terminal.color ? `\u001b[${codes[style]}m${text}\u001b[0m` : text

/** Text from outside, made harmless and wrapped; commands in backticks are kept whole and, with colour, painted. */
export function wrap(terminal: Terminal, text: string, indent: number, hanging = indent): string {
  const room = terminal.width
  const lines: string[] = []
  let line = ' '.repeat(indent)
  let length = indent
  // A command must not be broken, or it could not be pasted.
  for (const word of safe(text)
    .replace(/\s+/g, ' ')
    .match(/[^\s`]*`[^`]*`\S*|\S+/g) ?? []) {
    const blank = lines.length === 0 ? indent : hanging
    if (length > blank && length + 1 + word.length > room) {
      lines.push(line)
      line = ' '.repeat(hanging)
      length = hanging
    }
    const gap = length > (lines.length === 0 ? indent : hanging) ? ' ' : ''
    line += gap + shownWord(terminal, word)
    length += gap.length + word.length
  }
  return [...lines, line].join('\n')
}

function shownWord(terminal: Terminal, word: string): string {
  const [, before, command, rest] = /^([^`]*)`([^`]*)`(.*)$/.exec(word) ?? []
  if (command === undefined) return word
  return terminal.color ? before + paint(terminal, 'cyan', command) + rest : word
}

const bars = '▁▂▃▄▅▆▇█'

/** Numbers as a row of bars (`▁▃▇`), at most `width` characters; empty for fewer than two numbers. */
export function sparkline(values: readonly number[], width: number): string {
  if (values.length < 2) return ''
  const bucket = Math.max(1, values.length / width)
  const means = Array.from({ length: Math.min(width, values.length) }, (_, at) => {
    const part = values.slice(
      Math.floor(at * bucket),
      Math.max(Math.floor((at + 1) * bucket), Math.floor(at * bucket) + 1),
    )
    return part.reduce((sum, it) => sum + it, 0) / part.length
  })
  const low = Math.min(...means)
  const high = Math.max(...means)
  if (low === high) return ''
  return means.map((it) => bars[Math.min(7, Math.floor(((it - low) / (high - low)) * 8))]).join('')
}
