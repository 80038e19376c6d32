import type { Document, LineCounter } from 'yaml'

/** Something that is wrong with the settings, with its place and what would be right. */
export interface Problem {
  readonly file: string
  readonly line?: number
  /** `sinks[0].url`; absent when the file as a whole is wrong. */
  readonly key?: string
  readonly text: string
}

/** `/etc/murphy/config.yaml:12: sinks[0].url: …` */
export const problemText = ({ file, line, key, text }: Problem) =>
  `${file}${line === undefined ? '' : `:${line}`}: ${key ? `${key}: ` : ''}${text}`

export type Path = readonly (string | number)[]

/** `['sinks', 0, 'url']` as people write it; what does not look like a key may be a secret in the wrong place. */
export const keyText = (path: Path) =>
  path.reduce<string>((at, part) => {
    if (typeof part === 'number') return `${at}[${part}]`
    const shown = /^[\w.-]{1,40}$/.test(part) ? part : '<hidden>'
    return at ? `${at}.${shown}` : shown
  }, '')

/** The line of the key at `path`, or of the nearest thing above it that is in the file. */
export function lineOf(document: Document, lines: LineCounter, path: Path): number | undefined {
  for (let length = path.length; length >= 0; length -= 1) {
    const range = keyRange(document, path.slice(0, length))
    if (range !== undefined) return lines.linePos(range).line
  }
  return undefined
}

interface Pair {
  readonly key?: { readonly value?: unknown; readonly range?: readonly number[] }
}

/** The offset of a key (not of its value, which may stand lines below). */
function keyRange(document: Document, path: Path): number | undefined {
  const last = path.at(-1)
  const parent = document.getIn(path.slice(0, -1), true) as
    | {
        items?: readonly unknown[]
        range?: readonly number[]
      }
    | undefined
  if (last === undefined) return undefined
  if (typeof last === 'number') {
    const item = parent?.items?.[last] as { range?: readonly number[] } | undefined
    return item?.range?.[0]
  }
  const pair = parent?.items?.find((it) => (it as Pair).key?.value === last) as Pair | undefined
  return pair?.key?.range?.[0]
}

/** An error as the schema library reports it. */
export interface SchemaError {
  readonly keyword: string
  readonly instancePath: string
  readonly params: unknown
  readonly message: string
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list (lines that begin with `- `)',
  object: 'a group of `key: value` lines',
}

/** What is wrong and what would be right, as path and sentence; undefined for errors that another one already says. */
export function explain(error: SchemaError, known: readonly string[]): readonly (readonly [Path, string])[] {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part))
  const params = error.params as Record<string, unknown>
  switch (error.keyword) {
    case 'additionalProperties':
      return (params.additionalProperties as readonly string[]).map((key) => [
        [...path, key],
        unknownKey(key, known),
      ])
    case 'boolean':
      return []
    case 'type':
      return [[path, `this has to be ${kinds[String(params.type)] ?? String(params.type)}`]]
    case 'enum':
      return [[path, `this has to be one of ${(params.allowedValues as readonly unknown[]).join(', ')}`]]
    case 'minimum':
      return [[path, `this has to be ${String(params.limit)} or more`]]
    case 'maximum':
      return [[path, `this has to be ${String(params.limit)} or less`]]
    case 'pattern':
      return [[path, `this does not look right: ${error.message}`]]
    default:
      return [[path, error.message]]
  }
}

function unknownKey(key: string, known: readonly string[]): string {
  const near = known
    .map((it) => [distance(key, it), it] as const)
    .sort(([a], [b]) => a - b)
    .find(([steps, it]) => steps <= Math.max(1, it.length / 3))
  return near
    ? `there is no such key; did you mean ${near[1]}?`
    : `there is no such key; known are ${known.join(', ')}`
}

/** Levenshtein's distance, for short words. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1)
      next[j] = Math.min(
        (row[j] ?? 0) + 1,
        (next[j - 1] ?? 0) + 1,
        (row[j - 1] ?? 0) + (a[i - 1]?.toLowerCase() === b[j - 1]?.toLowerCase() ? 0 : 1),
      )
    row = next
  }
  return row[b.length] ?? 0
}
