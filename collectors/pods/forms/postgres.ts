import { objectOf } from './fields.ts'
import { beginsWithTime, prefixOf } from './prefix.ts'

/** A message of a server: its severity, and its whole text. */
export interface Message {
  readonly level: string
  readonly text: string
}

/** Severities (elog.c, error_severity). */
const severities = new Set(['DEBUG', 'INFO', 'NOTICE', 'WARNING', 'ERROR', 'LOG', 'FATAL', 'PANIC'])
/** The other labels, which begin no message of their own. */
const details = ['DETAIL', 'HINT', 'QUERY', 'CONTEXT', 'LOCATION', 'BACKTRACE', 'STATEMENT']
const labels = new Set([...severities, ...details])

/** The next `LABEL:  ` from a position on: its word, and where the text after it begins. */
export function labelIn(line: string, from = 0): { readonly word: string; readonly end: number } | undefined {
  for (let at = line.indexOf(':  ', from); at >= 0; at = line.indexOf(':  ', at + 1)) {
    const word = /(?:^|[ :|\]])([A-Z]{3,9})$/.exec(line.slice(Math.max(0, at - 10), at))?.[1]
    if (word && labels.has(word)) return { word, end: at + 3 }
  }
  return undefined
}

/** Characters of the longest prefix; it may hold names of at most 63 bytes each. */
const longestPrefix = 400

/** Whether PostgreSQL may have written the line, even if it cannot be told which part came from outside. */
export const fromPostgres = (line: string) => beginsWithTime(line) && labelIn(line) !== undefined

export type Label = NonNullable<ReturnType<typeof labelIn>>
export const prefixBefore = (line: string, { word, end }: Label) => line.slice(0, end - word.length - 3)

/**
 * Parses a line of PostgreSQL's text, JSON or CSV log (src/backend/utils/error/{elog,jsonlog,csvlog}.c), or of
 * CloudNativePG's.
 */
export function postgres(line: string): Message | undefined {
  if (line.startsWith('{')) return fromJson(line)
  return record.test(line) ? fromCsv(line) : fromText(line)
}

/**
 * `<log_line_prefix>SEVERITY:  message`. If a line has two labels, one came from outside: a user may be called
 * `x PANIC:  …`, and the name is printed in the prefix or in the message.
 */
function fromText(line: string): Message | undefined {
  const first = labelIn(line)
  if (!first || !severities.has(first.word) || first.end > longestPrefix || labelIn(line, first.end))
    return undefined
  return prefixOf(prefixBefore(line, first))
    ? { level: first.word, text: line.slice(first.end).trimEnd() }
    : undefined
}

/**
 * jsonlog: `{"timestamp":…,"error_severity":"PANIC","state_code":…,"message":…}`; CloudNativePG wraps it in `record`.
 */
function fromJson(line: string): Message | undefined {
  const whole = objectOf(line)
  const record = whole?.logger === 'postgres' ? objectOf(whole.record) : whole
  const { error_severity: level, message: text } = record ?? {}
  return typeof level === 'string' && typeof text === 'string' ? { level, text } : undefined
}

/** A record of csvlog begins with a time and a comma. */
export const record = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{3})? [A-Z0-9+:-]{1,7},/

/** csvlog: the severity is the 12th field, the message the 14th; names are quoted, and a quote in one is doubled. */
function fromCsv(line: string): Message | undefined {
  const fields: string[] = []
  const field = /(?:"((?:[^"]|"")*)"|([^",]*))(?:,|$)/y
  for (let at = 0; fields.length < 14 && at < line.length; at = field.lastIndex) {
    const found = field.exec(line)
    if (!found) return undefined
    fields.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '')
  }
  const [level = '', , text] = fields.slice(11)
  return text !== undefined && severities.has(level) && /^[0-9A-Z]{5}$/.test(fields[12] ?? '')
    ? { level, text }
    : undefined
}
