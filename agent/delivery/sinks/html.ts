import { boundedLines, jsonBytes, shorten, wholeLines } from '../../text/lengths.ts'
import { stepOf } from '../../text/steps.ts'
import { marks, rest, type Words } from './parts.ts'

/**
 * Bytes as escaped and encoded in JSON, which is never fewer than the characters that are shown: with the labels and a
 * signature of `signed` characters at most 4096 of them, which is all that Telegram takes.
 */
const limits = {
  ...{ headline: 300, text: 800, impact: 450, fix: 1200, avoid: 400, cause: 250, also: 250, standing: 100 },
  ...{ lines: 3000, line: 250 },
}

/** How long a signature below it may be, characters. */
export const signed = 100

/** A line of a message, or a command by itself, ready to be copied. */
export interface Piece {
  readonly kind: 'line' | 'command'
  /** Escaped. */
  readonly html: string
}

/** A text that HTML shows as it is. These four are all the named entities that Telegram knows. */
export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/**
 * The same, with what stands in backticks as code; one without its other stays as it is. `plain` writes what is no code:
 * escaped, and without what a service would make of it.
 */
export function inline(text: string, plain = escaped): string {
  const parts = text.split('`')
  return parts
    .map((part, index) => {
      const isCode = index % 2 === 1 && index < parts.length - 1
      if (isCode) return part.trim() ? `<code>${escaped(part)}</code>` : ''
      return (index % 2 === 1 ? '`' : '') + plain(part)
    })
    .join('')
}

const row = (html: string): readonly Piece[] => (html ? [{ kind: 'line', html }] : [])

/** How long a text is however much of it is code: `plain` writes no fewer characters than `escaped`. */
const sizeOf = (plain: typeof escaped) => (text: string) => jsonBytes(plain(text))

/** The line that a phone shows. */
export function headline(said: Words, plain = escaped): string {
  const short = shorten(said.headline.replaceAll('`', ''), limits.headline, sizeOf(plain))
  return `${marks[said.tone]} <b>${plain(short)}</b>`
}

/** All of a message, what matters first. Steps and prohibitions are whole; what has no room is counted. */
export function pieces(said: Words, plain = escaped): readonly Piece[] {
  const size = sizeOf(plain)
  const write = (text: string) => inline(text, plain)
  const fit = (text: string, limit: number) => write(shorten(text, limit, size))
  const labelled = (label: string, text: string, limit: number) =>
    text ? row(`<b>${label}:</b> ${fit(text, limit)}`) : []
  const isCrowded = said.impact !== '' || said.fix.length + said.avoid.length > 0
  const lines = boundedLines(said.lines, isCrowded ? limits.text : limits.lines, limits.line, size)
  const whole = (all: readonly string[], limit: number) =>
    wholeLines(all, limit, rest(said), size).split('\n').filter(Boolean)
  const fix = whole(said.fix, limits.fix)
  return [
    ...row(headline(said, plain)),
    ...row(fit(said.text, limits.text)),
    ...lines.split('\n').flatMap((it) => row(write(it))),
    ...labelled('Impact', said.impact, limits.impact),
    ...(fix.length > 0 ? row('<b>Fix</b>') : []),
    ...fix.flatMap((it, index) =>
      it === said.fix[index] ? step(it, said.fix.length > 1 ? `${index + 1}. ` : '', write) : row(write(it)),
    ),
    ...whole(said.avoid, limits.avoid).flatMap((it) => row(`⛔ ${write(it)}`)),
    ...labelled('Cause', said.cause, limits.cause),
    ...labelled('Also affected', said.also, limits.also),
    ...row(said.standing && `<i>${plain(shorten(said.standing, limits.standing, size))}</i>`),
  ]
}

/** A step, its command by itself. */
function step(text: string, number: string, write: (text: string) => string): readonly Piece[] {
  const { before, command, after } = stepOf(text)
  if (command === undefined) return row(`${number}${write(before)}`)
  return [
    ...row(`${number}${write(before)}`.trimEnd()),
    { kind: 'command', html: escaped(command) },
    ...row(write(after)),
  ]
}
