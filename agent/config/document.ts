import { type Document, type ErrorCode, LineCounter, parseDocument, visit } from 'yaml'

/** A settings file as it was read. */
export interface Read {
  readonly document: Document
  readonly lines: LineCounter
  /** The same as plain values. */
  readonly raw: Record<string, unknown>
}

/** Why the file is not valid YAML, and where. Never quotes the file, because secrets may be anywhere in it. */
export interface Flaw {
  readonly text: string
  /** Counted from 1, as is the column. */
  readonly line?: number
  readonly column?: number
}

/** The largest settings file that is read, characters. */
const largest = 1024 * 1024

/** Own messages by the library's codes, because the library's messages quote the file. */
const words: Partial<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'an alias (*name) takes no tag and no anchor; quote values that begin with *',
  BAD_ALIAS: 'an alias (*name) that nothing defines; quote values that begin with *',
  BAD_DIRECTIVE: 'a directive nobody knows; quote values that begin with %',
  BAD_DQ_ESCAPE: 'a backslash in double quotes that means nothing; write it twice, or take single quotes',
  BAD_INDENT: 'the indentation does not fit the lines above',
  BAD_SCALAR_START: 'a value begins with a character that has a meaning of its own; quote it',
  BLOCK_AS_IMPLICIT_KEY: 'a second `: ` in one line; quote the value',
  BLOCK_IN_FLOW: 'a list or group in lines inside of [ ] or { }',
  DUPLICATE_KEY: 'the same key stands there twice',
  KEY_OVER_1024_CHARS: 'a key of more than 1024 characters',
  MISSING_CHAR: 'a quote, bracket or comma is missing',
  MULTILINE_IMPLICIT_KEY: 'a key of several lines; perhaps a `: ` or a quote is missing',
  MULTIPLE_DOCS: 'more than one document; take out the `---`',
  NON_STRING_KEY: 'a group or list where a key should be; quote values that begin with { or [',
  TAB_AS_INDENT: 'a tab in the indentation; take spaces',
  TAG_RESOLVE_FAILED: 'a tag (!name) that means nothing here; quote values that begin with !',
  UNEXPECTED_TOKEN: 'something that cannot stand there; perhaps a value has to be quoted',
}

const tooDeep: readonly Flaw[] = [{ text: 'it is nested too deeply' }]

/** The parsed file, or all errors in it. Writes nothing to stderr, and never throws. */
export function readDocument(text: string): Read | readonly Flaw[] {
  if (text.length > largest) return [{ text: `it has more than ${largest} characters` }]
  const lines = new LineCounter()
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: true,
      // The library would print warnings to stderr, with keys and values in them.
      logLevel: 'error',
      // `{{ x }}` has a mapping as a key; this makes it an error instead of text.
      stringKeys: true,
    })
    // The recursive parser gave up because of the depth; its other errors only follow from that.
    if (document.errors.some(({ code }) => code === 'RESOURCE_EXHAUSTION')) return tooDeep
    const flaws = document.errors.map(({ code, pos }) => ({
      text: words[code] ?? 'it cannot be read from here on',
      ...placeIn(lines, pos[0]),
    }))
    return flaws.length > 0 ? flaws : values(document, lines)
  } catch {
    return tooDeep
  }
}

function values(document: Document, lines: LineCounter): Read | readonly Flaw[] {
  try {
    return { document, lines, raw: (document.toJS({ maxAliasCount: 50 }) ?? {}) as Record<string, unknown> }
  } catch {
    let at: number | undefined
    visit(document, {
      Alias(_, alias) {
        if (alias.resolve(document)) return undefined
        at = alias.range?.[0]
        return visit.BREAK
      },
    })
    return at === undefined
      ? [{ text: 'too many aliases (*name), or a merge (<<) of what is no group' }]
      : [{ text: words.BAD_ALIAS ?? '', ...placeIn(lines, at) }]
  }
}

/** Where an offset is. */
export function placeIn(lines: LineCounter, at: number): { line: number; column: number } {
  const { line, col } = lines.linePos(at)
  return { line, column: col }
}
