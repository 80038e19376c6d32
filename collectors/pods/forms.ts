import { fieldsOf } from './forms/fields.ts'
import type { Message } from './forms/postgres.ts'
import { postgres } from './forms/postgres.ts'
import { withoutQuoted } from './forms/quotes.ts'
import { mysql, redis } from './forms/servers.ts'
import { anyText } from './forms/text.ts'

/**
 * Who writes a line, and so in which form. What other programs write, and what came to a program from outside (a
 * User-Agent, the name of a user), has another form: it decides nothing.
 */
export type Program = keyof typeof whole | keyof typeof parts

/** Servers whose messages are known from beginning to end. */
const whole = { postgres, mysql, redis }

/**
 * `kubernetes`: etcd, kine, the kubelet and what else logs as they do. `any`: what the C library, Go, Java, Python and
 * Node.js say of the same troubles, in whatever program. There an error is a part of a longer text.
 */
const parts = { kubernetes: (line: string) => fieldsOf(line) ?? [], any: anyText }

/** What a line says in the form of one program, ready to be compared with expressions. */
export interface Told {
  /** Whether only a whole message fits, or a part of one too. */
  readonly whole: boolean
  /** How grave the program says it is. */
  readonly level?: string
  readonly texts: readonly string[]
}

export function toldBy(program: Program, line: string): Told {
  if (program === 'kubernetes' || program === 'any')
    return { whole: false, texts: parts[program](line).map(withoutQuoted) }
  const said: Message | undefined = whole[program](line)
  return { whole: true, texts: said ? [said.text] : [], ...(said && { level: said.level }) }
}

/** Whether what was told fits an expression, given by its fixed words and whether it is open at its ends. */
export function fits({ whole, texts }: Told, expression: Expression): boolean {
  return texts.some((text) => (whole ? isWhole(text, expression) : isPart(text, expression)))
}

/** An expression: its fixed words in order; `*` at an end leaves that end open. */
export interface Expression {
  readonly words: readonly string[]
  readonly openBegin: boolean
  readonly openEnd: boolean
}

/** The whole text, from its first letter to its last. */
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

/** What stands in front of an error inside of a longer text: a sign, or how grave it is. */
const begins = /(?:[:;,=|>\])("'\-\t\n![]\s*|\b(?:ERROR|ERR|WARN|WARNING|FATAL|CRITICAL|SEVERE)\s+)$/
/** So much in front of a word says whether it begins there. */
const behind = 16

function isPart(text: string, { words: [first = '', ...rest] }: Expression): boolean {
  const begin = text.length - text.trimStart().length
  for (let at = text.indexOf(first); at >= 0; at = text.indexOf(first, at + 1))
    // The earliest beginning has the most behind it: if not there, nowhere.
    if (at <= begin || begins.test(text.slice(Math.max(0, at - behind), at)))
      return inOrder(text, at + first.length, rest)
  return false
}

/** Whether the words stand in the text in this order, from a place on. */
export function inOrder(text: string, from: number, words: readonly string[]): boolean {
  let at = from
  for (const word of words) {
    const found = text.indexOf(word, at)
    if (found < 0) return false
    at = found + word.length
  }
  return true
}
