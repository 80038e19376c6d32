import type { Terminal } from '../model/index.ts'
import { ascii } from './ascii.ts'
import { ownName, underName, usualName } from './own-name.ts'
import { safe } from './sanitize.ts'
import { isZone } from './zones.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Colour only on a terminal, never with NO_COLOR (https://no-color.org); a serial console is 80 wide. ASCII where the
 * locale says so (locale(7): LC_ALL, then LC_CTYPE, then LANG). Times in the reader's zone with `local`, or where a
 * terminal has a TZ.
 */
export function terminalOf(
  stream: { readonly isTTY?: boolean; readonly columns?: number },
  environment: Environment,
  { local = false } = {},
): Terminal {
  const { NO_COLOR, TERM, TZ } = environment
  const command = ownName(environment.MURPHY_COMMAND)
  const color = stream.isTTY === true && !NO_COLOR && TERM !== 'dumb'
  const own = TZ || (local ? Intl.DateTimeFormat().resolvedOptions().timeZone : undefined)
  const zone = (local || stream.isTTY === true) && own && isZone(own) ? own : undefined
  return {
    color,
    width: Math.max(60, Math.min(stream.columns ?? 80, 120)),
    ...(isAscii(environment) && { ascii: true as const }),
    ...(zone && { zone }),
    ...(command !== undefined && { command }),
  }
}

/** Whether the locale has no more than ASCII; without a locale nothing is known, and nearly all have UTF-8. */
function isAscii({ LC_ALL, LC_CTYPE, LANG }: Environment): boolean {
  const locale = LC_ALL || LC_CTYPE || LANG
  return locale !== undefined && locale !== '' && !/utf-?8/i.test(locale)
}

/** What this program is called where it is shown: `murphy` where nothing else is installed. */
export const commandOf = ({ command = usualName }: Pick<Terminal, 'command'>): string => command

/** Text from outside as this terminal may be sent it. */
export const shownOn = (terminal: Terminal, text: string): string =>
  terminal.ascii ? ascii(underName(safe(text), terminal.command)) : underName(safe(text), terminal.command)

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const
export type Style = keyof typeof codes

export const paint = (terminal: Terminal, style: Style, text: string) =>
  terminal.color ? `\u001b[${codes[style]}m${text}\u001b[0m` : text

/** Stands for a blank at which no line is broken, until it is printed; from Unicode's private use area. */
const held = '\ue000'

/** A text in which `wrap` breaks no line. */
export const unbroken = (text: string): string => text.replaceAll(' ', held)

/** Units that stay with their number, and the second part of a duration with its first: "1 d 1 h". */
const measures =
  /(?<=\d) (?=(?:d|h|min|s|ms|%|B|[KMGTP]iB|UTC)\b|%)|(?<=\d [dh]|\d min) (?=\d+ (?:h|min|s)\b)/g

/** Text from outside, made harmless and wrapped; commands in backticks are kept whole and, with colour, painted. */
export function wrap(terminal: Terminal, text: string, indent: number, hanging = indent): string {
  const room = terminal.width
  const lines: string[] = []
  let line = ' '.repeat(indent)
  let length = indent
  // A command must not be broken, or it could not be pasted.
  for (const word of shownOn(terminal, text)
    .replace(/\s+/g, ' ')
    .replace(measures, held)
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
  return [...lines, line].join('\n').replaceAll(held, ' ')
}

function shownWord(terminal: Terminal, word: string): string {
  const [, before, command, rest] = /^([^`]*)`([^`]*)`(.*)$/.exec(word) ?? []
  if (command === undefined) return word
  return terminal.color ? before + paint(terminal, 'cyan', command) + rest : word
}

const bars = '▁▂▃▄▅▆▇█'

/**
 * Numbers of 0 and more as a row of bars (`▁▃▇`) from zero to the highest, at most `width` characters; empty for fewer
 * than two numbers, and where nothing changes. Whoever shows it says what it is of.
 */
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
  const high = Math.max(...means)
  if (Math.min(...means) === high || high <= 0) return ''
  return means.map((it) => bars[Math.max(0, Math.min(7, Math.floor((it / high) * 8)))]).join('')
}
