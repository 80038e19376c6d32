import type { Around } from './around.ts'
import { ofKubernetes } from './forms/fields.ts'
import { standsInName } from './forms/names.ts'
import type { Message } from './forms/postgres.ts'
import { postgres } from './forms/postgres.ts'
import { withoutQuoted } from './forms/quotes.ts'
import { mysql, redis } from './forms/servers.ts'
import { anyText } from './forms/text.ts'

/**
 * Which program writes a line, and so in which form. Text in another form decides nothing: other programs wrote it, or
 * it came from outside (a User-Agent, the name of a user).
 */
export type Program = keyof typeof servers | 'kubernetes' | 'any'

/** Servers whose messages are known completely, from beginning to end. */
const servers = { postgres, mysql, redis }

/** The texts of a line in the form of one program, ready to be compared with expressions. */
export interface Told {
  /** An error inside a longer text counts too, not only whole messages. */
  readonly part?: true
  /** The severity that the program gave it. */
  readonly level?: string
  readonly texts: readonly string[]
}

/**
 * `kubernetes`: etcd, kine, the kubelet and whatever logs in their form; whole messages and whole errors count. `any`:
 * errors of the C library, Go, Java, Python and Node.js in any program. There an error may be part of a longer text
 * that anybody wrote, so no such pattern is critical.
 */
export function toldBy(program: Program, line: string, around: Around): Told {
  if (program === 'any') return { part: true, texts: anyText(line).map(withoutQuoted) }
  if (program === 'kubernetes') {
    const texts = ofKubernetes(line)
    return { texts: texts.length > 0 && standsInName(line, around) ? [] : texts }
  }
  const said: Message | undefined = servers[program](line)
  return said && !standsInName(line, around) ? { texts: [said.text], level: said.level } : { texts: [] }
}

/** Whether a text matches an expression. */
export function fits({ part, texts }: Told, expression: Expression): boolean {
  return texts.some((text) => (part ? isPart(text, expression) : isWhole(text, expression)))
}

/** An expression: its fixed words in order; a `*` at an end leaves that end open. */
export interface Expression {
  readonly words: readonly string[]
  readonly openBegin: boolean
  readonly openEnd: boolean
}

/** Matches the whole text, from its first letter to its last. */
export function isWhole(text: string, { words, openBegin, openEnd }: Expression): boolean {
  let at = 0
  for (const [index, word] of words.entries()) {
    const last = index === words.length - 1 && !openEnd
    const found = last ? text.length - word.length : text.indexOf(word, at)
    if (found < at || (index === 0 && !openBegin && found > 0) || !text.startsWith(word, found)) return false
    at = found + word.length
  }
  return words.length > 0 || openBegin
}

/** What may precede an error inside a longer text: punctuation, or a severity. */
const begins = /(?:[:;,|\])("'\t\n![]\s*|\s-\s+|\b(?:ERROR|error|ERR|WARN|WARNING|FATAL|CRITICAL|SEVERE)\s+)$/
/** How many characters before a word are needed to match `begins`. */
const behind = 16
/**
 * What may follow an error at the end of a text or of one of its lines: its number or place (`(28)`, `(os error 28)`,
 * `(_ssl.c:1007)`), what the program did (Node.js: `, open '/x'`; nginx: `) while reading upstream`), the file, when it
 * is tried again. The contents of quotes are hidden.
 */
const ends =
  /(?: ?\((?:os error )?\d{1,3}\)| \(_ssl\.c:\d{1,6}\))?(?:[)\]] while [a-z ]{1,60})?(?:, [a-z]{1,20})?(?:[ :]{0,3}(['"])\0*\1)?(?:; retrying in [\w.]{1,12})?[)\]}'".!; ]{0,8}(?:\n|$)/y

function isPart(text: string, { words: [first = '', ...rest], openEnd }: Expression): boolean {
  const begun = beginOf(text, first, rest.length > 0 || openEnd)
  if (begun < 0) return false
  const last = rest.at(-1)
  if (last === undefined) return true
  let at = begun + first.length
  for (const word of rest.slice(0, -1)) {
    const found = text.indexOf(word, at)
    if (found < 0) return false
    at = found + word.length
  }
  for (at = text.indexOf(last, at); at >= 0; at = text.indexOf(last, at + 1))
    if (openEnd || endsAt(text, at + last.length)) return true
  return false
}

/**
 * The first place where the word begins an error and, unless the error goes on after it (`goesOn`), also ends it. The
 * first, because the most text follows it.
 */
function beginOf(text: string, word: string, goesOn: boolean): number {
  const begin = text.length - text.trimStart().length
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1))
    if (
      (at <= begin || begins.test(text.slice(Math.max(0, at - behind), at))) &&
      (goesOn || endsAt(text, at + word.length))
    )
      return at
  return -1
}

function endsAt(text: string, at: number): boolean {
  ends.lastIndex = at
  return ends.test(text)
}

/** Whether the words occur in the text in this order, from a position on. */
export function inOrder(text: string, from: number, words: readonly string[]): boolean {
  let at = from
  for (const word of words) {
    const found = text.indexOf(word, at)
    if (found < 0) return false
    at = found + word.length
  }
  return true
}
