import type { Severity } from '../../agent/model/index.ts'
import type { Expression, Program } from './forms.ts'

/**
 * Something that a line of a container's log may say, as data. `fix` and `avoid` may name the pod with {namespace},
 * {pod} and {container}.
 */
export interface Pattern {
  /** Its name in subjects and settings. */
  readonly name: string
  readonly severity: Severity
  /** The same in a few words, for a title, which names the pod as well: "PostgreSQL PANIC". Absent: its name. */
  readonly title?: string
  /** What it means, as the beginning of a sentence. */
  readonly says: string
  /**
   * The program that says it: a line counts only in the form in which that program writes its own messages (forms.ts).
   * Absent for patterns of the settings, which may match anywhere in a line.
   */
  readonly by?: Program
  /**
   * Expressions, any of which may match. Letters stand for themselves; `*` is any text, or none. An expression
   * describes the whole message of a server or of a part of Kubernetes; for other programs, a whole error, which may be
   * part of a message.
   */
  readonly find: readonly string[]
  /** Only messages with one of these severities. */
  readonly levels?: readonly string[]
  /**
   * Texts to search for instead, where `find` has no word that is suitable for a search: what such a line holds
   * literally.
   */
  readonly marks?: readonly string[]
  /** Messages that say that the problem is over. */
  readonly over?: readonly string[]
  /** Patterns that say less about the same problem: they are not reported beside this one. */
  readonly covers?: readonly string[]
  /** Not reported by itself, only as evidence of why its container ends again and again. */
  readonly silent?: true
  readonly impact?: string
  readonly fix: readonly string[]
  readonly avoid?: readonly string[]
  /** Data is lost for good if anything else is done first. */
  readonly urgent?: true
}

/** The fixed words of an expression, in order. */
export const wordsOf = (expression: string) => expression.split('*').filter(Boolean)

/** Parses an expression. */
export const expressionOf = (text: string): Expression => ({
  words: wordsOf(text),
  openBegin: text.startsWith('*'),
  openEnd: text.endsWith('*'),
})

/** The word to search for: the longest. */
export const anchorOf = (expression: string) =>
  wordsOf(expression).reduce((best, it) => (it.length > best.length ? it : best), '')

/** Shorter words occur in too many lines, and slow down the search for all the others. */
export const shortest = 6
const longest = 200
export const mostPatterns = 50

/** `SEVERITY NAME: EXPRESSION`, the form of a pattern in the settings. */
const form = /^(info|warning|critical) ([a-z0-9][a-z0-9-]{1,39}): (.+)$/

/**
 * What is wrong with an expression, as a sentence; undefined if nothing is. Works on the text alone, without running
 * it.
 */
export function wrongWith(expression: string): string | undefined {
  if (expression.length > longest) return `it is longer than ${longest} characters`
  if (/[\x00-\x1f]/.test(expression)) return 'it holds a line break or another control character'
  // Signs of a regular expression, which here would silently match nothing.
  const [sign] =
    /\.[*+]|\\[a-zA-Z.*+?()[\]{}|]|\(\?|\[\^|\[[a-zA-Z0-9]-[a-zA-Z0-9]|[)\]][*+?{]|^\^|\$$|^\/.*\/[a-z]*$/.exec(
      expression,
    ) ?? []
  if (sign !== undefined)
    return `\`${sign.startsWith('/') ? '/…/' : sign}\` belongs to a regular expression, which a hostile line can make run for ever; write the fixed words of the line with * between them, such as \`PANIC*checkpoint record\``
  const anchor = anchorOf(expression)
  if (anchor.length < shortest)
    return `its longest word between * has ${anchor.length} characters, and ${shortest} are needed`
  return undefined
}

/** What is wrong with the settings' patterns, as `patterns.N: sentence`. */
export function problemsOf(patterns: readonly string[], shipped: readonly Pattern[]): string[] {
  const names = new Set(shipped.map((it) => it.name))
  const problems = patterns.flatMap((text, index) => {
    const [, , name = '', expression] = form.exec(text) ?? []
    const wrong =
      expression === undefined
        ? 'this has to read `SEVERITY NAME: TEXT`, such as `critical ledger-torn: ledger*checksum mismatch`, with info, warning or critical'
        : names.has(name)
          ? 'there is a pattern of this name already'
          : wrongWith(expression)
    names.add(name)
    return wrong === undefined ? [] : [`patterns.${index}: ${wrong}`]
  })
  return patterns.length > mostPatterns
    ? [...problems, `patterns: these are more than ${mostPatterns}`]
    : problems
}

/** The patterns of the settings; invalid ones are skipped, since the settings were refused before. */
export function userPatterns(patterns: readonly string[]): Pattern[] {
  return patterns.slice(0, mostPatterns).flatMap((text) => {
    const [, severity, name, expression] = form.exec(text) ?? []
    if (!name || !expression || wrongWith(expression) !== undefined) return []
    return {
      name,
      severity: severity as Severity,
      says: `A line of its log matches the pattern ${name} of the settings`,
      find: [expression],
      fix: [
        'Read the log around that line (on a server): `kubectl -n {namespace} logs {pod} -c {container} --tail=100`',
      ],
    }
  })
}
