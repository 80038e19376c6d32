import type { Around } from '../around.ts'
import { objectOf } from './fields.ts'
import { labelIn, prefixBefore } from './postgres.ts'
import { beginningOf, beginsWithTime, prefixOf } from './prefix.ts'

/** PostgreSQL's names of a user and a database have at most 63 bytes each (NAMEDATALEN); and what stands between them. */
const inPostgres = 2 * 63 + 34
/** MariaDB's name of a user has at most 128 letters (USERNAME_CHAR_LENGTH), of 4 bytes. */
const inMysql = 4 * 128
/** So much of a line tells how it begins. */
const longestBeginning = 600

/**
 * Whether a line may stand in a name that a client gave itself. PostgreSQL, in its prefix, and MariaDB print such a name with its
 * line breaks, so that it can make any line; but what the server prints in front and behind it stands near by, and
 * is of another form. A server's own lines are not lost by that but between two of a client's.
 */
export const standsInName = (line: string, around: Around): boolean =>
  around.quoted || inPrefix(line, around) || inDenied(line, around)

/**
 * Before it a line of PostgreSQL that never comes to its label, or begins in another form than this one; or behind it
 * one of another form, or with names in it. A statement is only printed of a client that the server has let in,
 * whose name it knows.
 */
function inPrefix(line: string, { before, after }: Around): boolean {
  const its = beginningOf(line)
  for (const text of before(inPostgres)) {
    const other = text.slice(0, longestBeginning)
    if (
      !other.startsWith('\t') &&
      beginsWithTime(other) &&
      (!endsPrefix(other) || beginningOf(other) !== its)
    )
      return true
  }
  for (const text of after(inPostgres)) {
    const other = text.slice(0, longestBeginning)
    const label = objectOf(text) ? undefined : labelIn(other)
    if (!label) continue
    // One of two labels came from outside.
    if (labelIn(other, label.end)) return true
    const statement = label.word === 'STATEMENT'
    const plain = prefixOf(prefixBefore(other, label)) === 'plain'
    if (beginningOf(other) !== its || !(plain || statement)) return true
  }
  return false
}

/** A record of CSV has no label. */
const endsPrefix = (line: string) => beginningOf(line).endsWith(',') || labelIn(line) !== undefined

/** `Access denied for user 'NAME'@'10.42.0.7' (using password: YES)` (sql/share/errmsg-utf8.txt), and what else names a user. */
function inDenied(line: string, { before, after }: Around): boolean {
  for (const other of [line, ...after(inMysql)])
    if (other.includes("'@'")) {
      for (const one of before(inMysql)) if (/\buser:? '/.test(one.slice(0, longestBeginning))) return true
      return false
    }
  return false
}
