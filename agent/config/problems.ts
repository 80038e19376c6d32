import type { Document } from 'yaml'
import { distance } from '../text/near.ts'
import { placeIn, type Read } from './document.ts'

/**
 * Something that is wrong with the settings, with its place and what would be right. It never quotes a value, or a
 * key that is not close to a known one, because people paste secrets into the wrong place.
 */
export interface Problem {
  readonly file: string
  /** Counted from 1, as is the column. */
  readonly line?: number
  readonly column?: number
  /** `sinks[0].url`; absent when the file as a whole is wrong. */
  readonly key?: string
  readonly text: string
}

/** `/etc/murphy/config.yaml:12:5: sinks[0].url: …` */
export const problemText = ({ file, line, column, key, text }: Problem) =>
  `${file}${line === undefined ? '' : `:${line}:${column}`}: ${key ? `${key}: ` : ''}${text}`

export type Path = readonly (string | number)[]

/** `['sinks', 0, 'url']` as `sinks[0].url`; the last part is left out where it is an `unknown` key. */
export const keyText = (path: Path, unknown = false) =>
  path.reduce<string>((at, part, index) => {
    if (typeof part === 'number') return `${at}[${part}]`
    const shown = unknown && index === path.length - 1 ? '<hidden>' : part
    return at ? `${at}.${shown}` : shown
  }, '')

type Place = Pick<Problem, 'line' | 'column'>

/** Where the key at `path` is in the file, or the nearest parent that is there. */
export function placeOf({ document, lines }: Read, path: Path): Place {
  for (let length = path.length; length >= 0; length -= 1) {
    const at = keyRange(document, path.slice(0, length))
    if (at !== undefined) return placeIn(lines, at)
  }
  return {}
}

interface Pair {
  readonly key?: { readonly value?: unknown; readonly range?: readonly number[] }
}

/** The offset of a key (not of its value, which may be lines below). */
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
  string: 'a text: put it in quotes',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list (`- ` lines)',
  object: 'a mapping (`key: value` lines)',
}

/** What is wrong at `path`, and what would be right. */
export interface Explained {
  readonly path: Path
  readonly text: string
  /** The last part of the path is a key that may be a secret in the wrong place. */
  readonly unknown?: boolean
}

/** A schema error in words; empty for errors that only repeat another one. */
export function explain(error: SchemaError, known: readonly string[]): readonly Explained[] {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part))
  const params = error.params as Record<string, unknown>
  switch (error.keyword) {
    case 'additionalProperties':
      return (params.additionalProperties as readonly string[]).map((key) => ({
        path: [...path, key],
        ...unknownKey(key, known),
      }))
    case 'boolean':
      return []
    case 'type':
      return [{ path, text: `must be ${kinds[String(params.type)] ?? String(params.type)}` }]
    case 'enum':
      return [{ path, text: `must be one of ${(params.allowedValues as readonly unknown[]).join(', ')}` }]
    case 'minimum':
      return [{ path, text: `must be ${String(params.limit)} or more` }]
    case 'maximum':
      return [{ path, text: `must be ${String(params.limit)} or less` }]
    case 'pattern':
      return [{ path, text: `invalid value: ${error.message}` }]
    default:
      return [{ path, text: error.message }]
  }
}

/** By how many letters a key may differ from a known one to be shown: too few to reveal a secret. */
const strange = 2

function unknownKey(key: string, known: readonly string[]): Omit<Explained, 'path'> {
  const near = /^[\w-]{2,40}$/.test(key)
    ? known
        .map((it) => [distance(key, it), it] as const)
        .sort(([a], [b]) => a - b)
        .find(([steps, it]) => steps <= Math.max(1, Math.min(strange, it.length / 3)))
    : undefined
  return near
    ? { text: `unknown key; did you mean ${near[1]}?` }
    : { text: `unknown key; valid keys: ${known.join(', ')}`, unknown: true }
}
