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
  BAD_ALIAS: 'undefined alias (*name); quote values that begin with *',
  BAD_DIRECTIVE: 'unknown directive; quote values that begin with %',
  BAD_DQ_ESCAPE: 'invalid escape in double quotes; write the backslash twice, or use single quotes',
  BAD_INDENT: 'the indentation does not match the lines above',
  BAD_SCALAR_START: 'a value begins with a special character; quote it',
  BLOCK_AS_IMPLICIT_KEY: 'a second `: ` in one line; quote the value',
  BLOCK_IN_FLOW: 'a block list or mapping inside of [ ] or { }',
  DUPLICATE_KEY: 'duplicate key',
  KEY_OVER_1024_CHARS: 'a key of more than 1024 characters',
  MISSING_CHAR: 'a quote, bracket or comma is missing',
  MULTILINE_IMPLICIT_KEY: 'a key on several lines; a `: ` or a quote may be missing',
  MULTIPLE_DOCS: 'more than one document; remove the `---`',
  NON_STRING_KEY: 'a mapping or list where a key is expected; quote values that begin with { or [',
  TAB_AS_INDENT: 'a tab in the indentation; use spaces',
  TAG_RESOLVE_FAILED: 'unknown tag (!name); quote values that begin with !',
  UNEXPECTED_TOKEN: 'unexpected token; a value may need quotes',
}

const tooDeep: readonly Flaw[] = [{ text: 'nested too deeply' }]

/** The parsed file, or all errors in it. Writes nothing to stderr, and never throws. */
export function readDocument(text: string): Read | readonly Flaw[] {
  if (text.length > largest) return [{ text: `larger than ${largest} characters` }]
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
      text: words[code] ?? 'syntax error',
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
      ? [{ text: 'too many aliases (*name), or a merge (<<) of something that is no mapping' }]
      : [{ text: words.BAD_ALIAS ?? '', ...placeIn(lines, at) }]
  }
}

/** Where an offset is. */
export function placeIn(lines: LineCounter, at: number): { line: number; column: number } {
  const { line, col } = lines.linePos(at)
  return { line, column: col }
}
