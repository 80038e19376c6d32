import type { Severity } from '../../agent/model/index.ts'
import type { Expression, Program } from './forms.ts'

/**
 * Something that a line of a container's log may say, as data. `next` and `never` may name the pod with
 * {namespace}, {pod} and {container}.
 */
export interface Pattern {
  /** What it is called in subjects and settings. */
  readonly name: string
  readonly severity: Severity
  /** What it means, as the beginning of a sentence. */
  readonly says: string
  /**
   * Who says it: a line counts only in the form in which that program writes its own messages (forms.ts). Absent for
   * the settings' patterns, which are looked for anywhere in a line.
   */
  readonly by?: Program
  /**
   * Any of these. Letters stand for themselves; `*` is anything, or nothing. The whole message of a server or a part of
   * Kubernetes; of others an error from where it begins to where it ends.
   */
  readonly find: readonly string[]
  /** Only what the program calls one of these. */
  readonly levels?: readonly string[]
  /** What such a line holds as it is written, where `find` has no word to look for. */
  readonly marks?: readonly string[]
  /** Messages that say it is over. */
  readonly over?: readonly string[]
  /** Patterns that say less of the same: they are not told beside it. */
  readonly covers?: readonly string[]
  readonly impact?: string
  readonly fix: readonly string[]
  readonly avoid?: string
  /** Data is lost for good if anything else is done first. */
  readonly urgent?: true
}

/** The fixed words of an expression, in order. */
export const wordsOf = (expression: string) => expression.split('*').filter(Boolean)

/** An expression, taken apart. */
export const expressionOf = (text: string): Expression => ({
  words: wordsOf(text),
  openBegin: text.startsWith('*'),
  openEnd: text.endsWith('*'),
})

/** The word that is looked for first: the longest. */
export const anchorOf = (expression: string) =>
  wordsOf(expression).reduce((best, it) => (it.length > best.length ? it : best), '')

/** Shorter words stand in too many lines, and make the search slow for all the others. */
export const shortest = 6
const longest = 200
export const mostPatterns = 50

/** `SEVERITY NAME: EXPRESSION`, the form of a pattern in the settings. */
const form = /^(info|warning|critical) ([a-z0-9][a-z0-9-]{1,39}): (.+)$/

/** What is wrong with an expression, as a sentence; undefined if nothing is. Never tries it out. */
export function wrongWith(expression: string): string | undefined {
  if (expression.length > longest) return `it is longer than ${longest} characters`
  if (/[\x00-\x1f]/.test(expression)) return 'it holds a line break or another control character'
  // What people write who expect a regular expression: it would silently match nothing.
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

/** The settings' patterns; those that are wrong are left out, as the settings are refused before. */
export function userPatterns(patterns: readonly string[]): Pattern[] {
  return patterns.slice(0, mostPatterns).flatMap((text) => {
    const [, severity, name, expression] = form.exec(text) ?? []
    if (!name || !expression || wrongWith(expression) !== undefined) return []
    return {
      name,
      severity: severity as Severity,
      says: `A line of its log fits the pattern ${name} of the settings`,
      find: [expression],
      fix: ['Read what stands around it: `kubectl -n {namespace} logs {pod} -c {container} --tail=100`'],
    }
  })
}
