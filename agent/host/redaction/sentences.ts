import { matching, type Rule } from './cut.ts'

/**
 * Secrets in sentences that people and programs write to logs. These patterns sometimes remove more than a secret,
 * which is acceptable in a log. Every repetition is bounded.
 */

/** Names of secrets, also as part of a longer word: `PGPASSWORD`, `token_value`. */
const long =
  '(?:passw(?:or[dt]|d)|pass[ _-]?(?:phrase|code)|secret|token|credential|cookie|(?:(?:api|access|private|secret|auth|signing|encryption|license)[ _-]{0,2}){1,3}key)[\\w-]{0,40}'
const short = '\\b(?:pwd?|pin|otp|pass|psk)\\b'
const name = `(?:${long}|${short})["']?`
/** Up to four words, perhaps in brackets or quotes, between the name and the sign that its value follows. */
const words = '(?:[ \\t]{1,4}["\'(]{0,2}[\\w./@-]{1,40}["\')]{0,2}){0,4}?'
/** Signs and words that say that the value follows. */
const says = '(?:[ \\t]{0,4}(?::=?|=>|->)|[ \\t]{1,4}(?:is|was|to|now)\\b(?:[ \\t]{0,4}[:=])?)[ \\t]{0,4}'
/** To the end of the line, or of the JSON string around it. */
const line = '(?:[^"\\n]|"(?![ \\t]*(?:[}\\]]|,[ \\t]*\\\\{0,8}["{[])))+'
const value = '[^\\s"\',;)\\\\]+'
/** What the container runtime writes before each line: containerd's form, and Docker's. */
const before = '(?:\\d{4}-\\d\\d-\\d\\dT\\S{1,40} std(?:out|err) [FP] |\\{"log":")?'
const ends = '[ \\t]{0,4}(?:\\r?\\n|(?:\\\\r)?\\\\n"[^\\n]{0,100}\\n)'

/** Values that a sentence calls secret. */
export const sentences: readonly Rule[] = [
  `(${name}${words}${says})${line}`,
  // The value is on a line of its own.
  `(${name}${words}${says}${ends}(?:${before}${ends}){0,3}${before})${line}`,
  `(${name}${words}[ \\t]{0,4}=[ \\t]{0,4}["'(]?)${value}`,
  // `password hunter2`
  `((?:${long}|(?:${short}|\\bcode\\b))(?:["']?(?:[ \\t]{1,4}(?:is|was|code|set|to|by|for|now)\\b){0,3}(?:[ \\t]{0,4}[:=]|[ \\t]{1,4}|[(/|]|["'](?=[\\w]))[ \\t]{0,4}["'(]?))${value}`,
  `(\\bcode${words}${says}["'(]?)${value}`,
  `(\\bidentified[ \\t]{1,4}by[ \\t]{1,4}["']?)[^\\s"';\\\\]+`,
].map((it) => matching(new RegExp(it, 'gi')))

/** Long words of upper case, lower case and digits: more likely a key than a name. */
export const mixed = matching(
  /(?<![\w+/=-])(?=[\w+/=-]{0,200}[a-z])(?=[\w+/=-]{0,200}[A-Z])(?=[\w+/=-]{0,200}\d)[\w+/=-]{20,}/g,
)
