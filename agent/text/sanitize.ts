import { cut, shorten } from './lengths.ts'

/*
 * Text from outside is hostile, and each destination has its own danger. So there is one function for each destination,
 * and these differences between them are intended:
 *
 * | where it goes | function | what is removed | what replaces it |
 * |---|---|---|---|
 * | a terminal | `safe` | what drives a terminal or turns the writing direction; tabs and line breaks stay | U+FFFD |
 * | a letter | `line` | that, escape sequences, zero width, tags, half surrogates; white space | a space, or nothing |
 * | a phrase in a finding | `plain` | control and direction characters; a backtick (begins a command) | a space; `'` |
 * | a name in a finding | `printable` | invisible characters (Unicode's category C), and backticks | `?` |
 *
 * `printable` keeps the length and shows that something was there, because names are compared and searched for; `plain`
 * reads well.
 */

/** Control characters, which could drive a terminal, replaced by a visible mark. */
export function safe(text: string): string {
  return text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    '\ufffd',
  )
}

/** No line is longer. */
const most = 16_384

// Whole terminal escape sequences; otherwise their rest would stay readable: "[31m".
const terminal = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?)/g
// What turns the direction of writing or has no width, and so can make a text read as another.
const invisible = /[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g
const tags = /[\u{e0000}-\u{e007f}]/gu

/** Any text as one line: no control character, terminal escape, change of direction or half a surrogate pair. */
export function line(text: string, limit = most): string {
  // Cut before it is cleaned, so that no text costs much time; four times as long, since much may be removed.
  const clean = cut(text, 4 * limit + 256)
    .replace(terminal, '')
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .replace(invisible, '')
    .replace(tags, '')
    .replace(/\s+/g, ' ')
    .trim()
  return shorten(clean.toWellFormed(), limit)
}

/** A string from outside for a sentence: no control or direction characters, no markup, `most` characters at most. */
export function plain(text: string, most = 120): string {
  const clean = text
    .slice(0, most * 4)
    .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]+/g, ' ')
    .replaceAll('`', "'")
    .trim()
  return clean.length > most ? `${clean.slice(0, most - 1)}…` : clean
}

/**
 * A text from outside as it may stand in a sentence: what moves the cursor, turns the writing direction,
 * cannot be seen or would begin a command in backticks becomes `?`; cut after `longest` characters.
 */
export function printable(text: string, longest = 64): string {
  const clean = [...text.slice(0, 4 * longest)].map((it) => (/[\p{C}\p{Zl}\p{Zp}`]/u.test(it) ? '?' : it))
  return clean.length > longest ? `${clean.slice(0, longest - 1).join('')}…` : clean.join('')
}
