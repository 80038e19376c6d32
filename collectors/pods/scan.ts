import { printable } from '../../agent/text/sanitize.ts'
import type { Around } from './around.ts'
import { alone, arounds } from './around.ts'
import { contentOf, headerAt, lineBreak, timeOf, unwrapped } from './cri.ts'
import type { Expression, Program, Told } from './forms.ts'
import { fits, inOrder, toldBy } from './forms.ts'
import type { Pattern } from './pattern.ts'
import { anchorOf, expressionOf } from './pattern.ts'
import type { Inside } from './pieces.ts'
import { isWholeOfDocker, joining, pieceLength, pieces } from './pieces.ts'
import type { Search } from './search.ts'
import { prepare, search } from './search.ts'

/** An expression of a pattern. */
interface Key {
  readonly pattern: number
  readonly by?: Program
  readonly expression: Expression
  readonly levels?: readonly string[]
  readonly over: boolean
}

/** Patterns, prepared for a search. */
export interface Matcher {
  readonly patterns: readonly Pattern[]
  readonly search: Search
  /** For each searched text: the expressions to which it may belong. */
  readonly keys: readonly (readonly Key[])[]
}

/** What lines said. Times are ms since the epoch, from the lines where they have a time. */
export interface Found {
  readonly name: string
  /** The number of lines; 0 if a later line said that the problem is over. */
  readonly count: number
  readonly first?: number
  readonly last?: number
  readonly excerpt?: string
  /** Earlier matches are over. */
  readonly over?: boolean
}

export function matcher(patterns: readonly Pattern[]): Matcher {
  const all = patterns.flatMap(({ by, find, marks, levels, over = [] }, pattern) => {
    const key = (text: string, ends: boolean): Key => ({
      ...{ pattern, expression: expressionOf(text), over: ends },
      ...(by && { by }),
      ...(levels && !ends && { levels }),
    })
    return [
      ...find.flatMap((text) =>
        (marks ?? [soughtOf(text)]).map((sought) => ({ sought, key: key(text, false) })),
      ),
      ...over.map((text) => ({ sought: soughtOf(text), key: key(text, true) })),
    ]
  })
  const texts = Map.groupBy(all, (it) => it.sought)
  return {
    patterns,
    search: prepare([...texts.keys(), ...pieces]),
    keys: [...texts.values()].map((its) => its.map((it) => it.key)),
  }
}

/** The text to search for: without leading signs, which occur in every line and make the search slow. */
function soughtOf(text: string): string {
  const anchor = anchorOf(text)
  const bare = anchor.replace(/^[^\p{L}\p{N}]+/u, '')
  return bare.length >= 8 ? bare : anchor
}

interface Hits {
  count: number
  over: boolean
  first?: Place
  last?: Place
  /** The last line that was counted. */
  line: number
}

/** A match: the text of its line, the matching range in it, and where the line begins in `bytes`. */
interface Place {
  readonly text: Buffer
  readonly from: number
  readonly to: number
  readonly at: number
  readonly bytes: Buffer
  readonly line: number
}

/** Which bytes are scanned, and what is known of those before them. */
export interface Bounds {
  /** The range. Bytes outside it are used only to understand the lines inside it. */
  readonly from?: number
  readonly to?: number
  /** Unfinished lines in pieces are not waited for, so that every call with a complete line makes progress. */
  readonly all?: boolean
  /** The streams whose lines continue at `from`. */
  readonly inside?: Inside
}

export interface Scanned {
  /**
   * How many bytes from `from` on are finished. The rest is an unfinished line, and must be passed again with what
   * follows.
   */
  readonly used: number
  readonly found: Found[]
  /** The streams whose lines continue after these bytes. */
  readonly inside: Inside
}

/** Scans the complete lines in a part of `bytes`. */
export function scan(it: Matcher, bytes: Uint8Array, bounds: Bounds = {}): Scanned {
  const { from = 0, to = bytes.length, all = false, inside = [] } = bounds
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const hits: Hits[] = []
  const end = to > 0 ? Math.max(from, buffer.lastIndexOf(lineBreak, to - 1) + 1) : from
  let used = end
  const joined = joining(buffer, from, end, all, inside)
  const reading = readings(buffer)
  // For each text, the line in which it was last checked: once a line is enough, so that the work stays linear.
  const checked: number[] = []
  const check = (text: number, place: Place) => {
    if (checked[text] === place.line) return
    checked[text] = place.line
    for (const key of it.keys[text] ?? []) if (saidIn(key, reading(place))) count(hits, key, place)
  }
  let line = -1
  let lineEnd = -1
  search(it.search, buffer, from, end, (text, at) => {
    if (at >= used) return
    if (at >= lineEnd) {
      line = buffer.lastIndexOf(lineBreak, at) + 1
      lineEnd = buffer.indexOf(lineBreak, at) + 1
    }
    if (joined.isPiece(line)) return
    if (text < it.keys.length) {
      check(text, { text: buffer, from: contentOf(buffer, line), to: lineEnd - 1, at, bytes: buffer, line })
      return
    }
    const header = headerAt(buffer, line)
    if (!header?.partial || header.content !== at + pieceLength) return
    const whole = joined.join(line)
    if (!whole) used = line
    else
      search(it.search, whole, 0, whole.length, (inner, place) =>
        check(inner, { text: whole, from: 0, to: whole.length, at: place, bytes: buffer, line }),
      )
  })
  const found = hits.flatMap((hit, pattern) => foundOf(it.patterns[pattern] as Pattern, hit))
  return { used: used - from, found, inside: joined.inside(used) }
}

function count(hits: Hits[], { pattern, over }: Key, place: Place): void {
  hits[pattern] ??= { count: 0, over: false, line: -1 }
  const hit = hits[pattern] as Hits
  if (over) {
    hits[pattern] = { count: 0, over: true, line: place.line }
    return
  }
  if (hit.line === place.line) return
  hit.line = place.line
  hit.count += 1
  hit.first ??= place
  hit.last = place
}

function foundOf({ name }: Pattern, { count, over, first, last }: Hits): Found[] {
  const begun = first && timeOf(first.bytes, first.line)
  const ended = last && timeOf(last.bytes, last.line)
  return [
    {
      name,
      count,
      ...(begun !== undefined && { first: begun }),
      ...(ended !== undefined && { last: ended }),
      ...(last && { excerpt: excerptOf(last) }),
      ...(over && { over }),
    },
  ]
}

/** A line as text, and what it says in the form of each program; computed once, when first needed. */
interface Reading {
  readonly text: string
  told(by: Program): Told
}

/** Returns the reading of a line; the last one is cached, since several texts may occur in one line. */
function readings(buffer: Buffer): (place: Place) => Reading {
  const around = arounds(buffer)
  let last: { readonly text: Buffer; readonly line: number; readonly reading: Reading } | undefined
  return (place) => {
    if (last?.line !== place.line || last.text !== place.text)
      last = { text: place.text, line: place.line, reading: readingOf(place, around) }
    return last.reading
  }
}

function readingOf(place: Place, around: (line: number) => Around): Reading {
  const { text, from, to, bytes, line } = place
  const content = text.toString('utf8', from, to)
  // A line without containerd's header is a piece of a cut line, or one of Docker's.
  const own = headerAt(bytes, line)
    ? content
    : isWholeOfDocker(bytes, line)
      ? unwrapped(content)?.text
      : undefined
  // A line of several pieces is longer than any name, so the lines around it do not matter.
  const beside = text === bytes ? around(line) : alone
  const known = new Map<Program, Told>()
  return {
    text: content,
    told: (by) => {
      const told = known.get(by) ?? (own === undefined ? { texts: [] } : toldBy(by, own, beside))
      known.set(by, told)
      return told
    },
  }
}

function saidIn({ by, expression, levels }: Key, reading: Reading): boolean {
  if (!by) return inOrder(reading.text, 0, expression.words)
  const told = reading.told(by)
  return (!levels || levels.includes(told.level ?? '')) && fits(told, expression)
}

const before = 60
const after = 140

/** The text around a match, for people; a password in a URL is left out. */
function excerptOf({ text, from, to, at }: Place): string {
  const begin = Math.max(from, at - before)
  const around = text.toString('utf8', begin, Math.min(to, at + after))
  const clean = around.replace(/:\/\/[^\s/@]{1,200}@/g, '://…@').replace(/^\ufffd+|\ufffd+$/g, '')
  return `${begin > from ? '…' : ''}${printable(clean.trim().replace(/\s+/g, ' '), before + after)}`
}
