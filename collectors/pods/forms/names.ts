import type { Around } from '../around.ts'
import { objectOf } from './fields.ts'
import { labelIn, prefixBefore } from './postgres.ts'
import { beginningOf, beginsWithTime, prefixOf } from './prefix.ts'

/**
 * PostgreSQL's names of a user and a database have at most 63 bytes each (NAMEDATALEN); 34 more for what is between
 * them.
 */
const inPostgres = 2 * 63 + 34
/** MariaDB's user names have at most 128 characters (USERNAME_CHAR_LENGTH) of up to 4 bytes. */
const inMysql = 4 * 128
/** This many characters of a line are enough to tell how it begins. */
const longestBeginning = 600

/**
 * Whether a line may be part of a name that a client chose. PostgreSQL (in its prefix) and MariaDB print such a name
 * with its line breaks, so a client can forge any line. But what the server prints before and after the name is near
 * by, and has another form. Real lines of a server are lost by this check only between two lines of such a client.
 */
export const standsInName = (line: string, around: Around): boolean =>
  around.quoted || inPrefix(line, around) || inDenied(line, around)

/**
 * Signs of a name in PostgreSQL's prefix: an earlier line of PostgreSQL without its label, or with another beginning
 * than this one; or a later line with another beginning, or with names in its prefix. A STATEMENT line may have names:
 * it is printed only for clients that the server has let in, whose names are known.
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
    // With two labels, one came from outside.
    if (labelIn(other, label.end)) return true
    const statement = label.word === 'STATEMENT'
    const plain = prefixOf(prefixBefore(other, label)) === 'plain'
    if (beginningOf(other) !== its || !(plain || statement)) return true
  }
  return false
}

/** A record of a CSV log has no label. */
const endsPrefix = (line: string) => beginningOf(line).endsWith(',') || labelIn(line) !== undefined

/**
 * A name in `Access denied for user 'NAME'@'10.42.0.7' (using password: YES)` (sql/share/errmsg-utf8.txt) or another
 * message that names a user.
 */
function inDenied(line: string, { before, after }: Around): boolean {
  for (const other of [line, ...after(inMysql)])
    if (other.includes("'@'")) {
      for (const one of before(inMysql)) if (/\buser:? '/.test(one.slice(0, longestBeginning))) return true
      return false
    }
  return false
}
