import type { Luck } from './luck.ts'
import { oddTexts, oddValues } from './odd.ts'

/** No generator makes anything larger by itself: what grows without end has cases of its own (`growth.ts`). */
export const mostBytes = 256 * 1024

type Edit = (bytes: Buffer, luck: Luck, others: readonly Buffer[]) => Buffer

const place = (bytes: Buffer, luck: Luck) => luck.below(bytes.length + 1)
/** A stretch of at most `most` bytes. */
function stretch(bytes: Buffer, luck: Luck, most = bytes.length): readonly [from: number, to: number] {
  const from = place(bytes, luck)
  return [from, Math.min(bytes.length, from + luck.below(Math.min(most, bytes.length) + 1))]
}
const replaced = (bytes: Buffer, from: number, to: number, by: Uint8Array) =>
  Buffer.concat([bytes.subarray(0, from), by, bytes.subarray(to)])
/** The same bytes as text, one character each, so that nothing is lost on the way. */
const text = (bytes: Buffer) => bytes.toString('latin1')
const odd = (luck: Luck) => Buffer.from(luck.pick(oddTexts))

/** Whole lines, with their ends. */
function lineAt(bytes: Buffer, luck: Luck): readonly [from: number, to: number] {
  const at = luck.below(bytes.length)
  const end = bytes.indexOf(0x0a, at)
  return [at === 0 ? 0 : bytes.lastIndexOf(0x0a, at - 1) + 1, end < 0 ? bytes.length : end + 1]
}

/** A word or number somewhere, for what is to be put in its place. */
function wordAt(bytes: Buffer, luck: Luck, form: RegExp): readonly [from: number, to: number] | undefined {
  const from = luck.below(bytes.length)
  const found = form.exec(text(bytes.subarray(from, from + 4096)))
  return found ? [from + found.index, from + found.index + found[0].length] : undefined
}

const edits: readonly Edit[] = [
  function flip(bytes, luck) {
    const copy = Buffer.from(bytes)
    const at = luck.below(bytes.length)
    copy[at] = (copy[at] ?? 0) ^ (1 << luck.below(8))
    return copy
  },
  function set(bytes, luck) {
    const copy = Buffer.from(bytes)
    copy[luck.below(bytes.length)] = luck.pick([
      0,
      0x0a,
      0x0d,
      0x20,
      0x22,
      0x30,
      0x7f,
      0x80,
      0xff,
      luck.below(256),
    ])
    return copy
  },
  (bytes, luck) => bytes.subarray(0, place(bytes, luck)),
  (bytes, luck) => replaced(bytes, ...stretch(bytes, luck), Buffer.alloc(0)),
  function double(bytes, luck) {
    const [from, to] = stretch(bytes, luck, 16 * 1024)
    return replaced(bytes, to, to, bytes.subarray(from, to))
  },
  function splice(bytes, luck, others) {
    const other = others.length > 0 ? luck.pick(others) : bytes
    return replaced(
      bytes,
      ...stretch(bytes, luck, 8 * 1024),
      other.subarray(...stretch(other, luck, 16 * 1024)),
    )
  },
  function insert(bytes, luck) {
    const at = place(bytes, luck)
    return replaced(bytes, at, at, odd(luck))
  },
  function repeat(bytes, luck) {
    const [from, to] = stretch(bytes, luck, luck.pick([1, 8, 200]))
    const piece = luck.odds(0.3) ? odd(luck) : bytes.subarray(from, to)
    const times = Math.min(luck.pick([3, 20, 300, 20_000]), Math.floor(65_536 / Math.max(1, piece.length)))
    return replaced(bytes, to, to, Buffer.concat(Array.from({ length: times }, () => piece)))
  },
  function nest(bytes, luck) {
    const [open, close] = luck.pick(['[]', '{}', '()', '<>', '""', "''", '``', '\t\n']).split('') as [
      string,
      string,
    ]
    const depth = luck.pick([2, 40, 3000])
    const [from, to] = stretch(bytes, luck, 200)
    const inner = bytes.subarray(from, to)
    return replaced(
      bytes,
      from,
      to,
      Buffer.concat([Buffer.from(open.repeat(depth)), inner, Buffer.from(close.repeat(depth))]),
    )
  },
  function number(bytes, luck) {
    const found = wordAt(bytes, luck, /-?\d+(?:\.\d+)?/)
    return found ? replaced(bytes, ...found, Buffer.from(String(luck.pick(oddValues.numbers)))) : bytes
  },
  function word(bytes, luck) {
    const found = wordAt(bytes, luck, /[\w.-]+/)
    const other = wordAt(bytes, luck, /[\w.-]+/)
    return found && other
      ? replaced(bytes, ...found, luck.odds(0.5) ? odd(luck) : bytes.subarray(...other))
      : bytes
  },
  function line(bytes, luck) {
    const [from, to] = lineAt(bytes, luck)
    const [begin, end] = lineAt(bytes, luck)
    const all = [bytes.subarray(from, to), Buffer.alloc(0)]
    return luck.odds(0.5)
      ? replaced(bytes, begin, begin, all[0] as Buffer)
      : replaced(bytes, begin, end, luck.pick(all))
  },
  (bytes) => Buffer.from(text(bytes).replaceAll('\n', '\r\n'), 'latin1'),
]

/** `bytes` with one to six things done to it that go wrong, or that somebody does on purpose; parts may come from `others`. */
export function mutated(luck: Luck, bytes: Buffer, others: readonly Buffer[] = []): Buffer {
  if (luck.odds(0.25)) {
    const json = mutatedJson(luck, bytes)
    if (json) return json
  }
  let it = bytes
  for (let count = luck.pick([1, 1, 1, 2, 3, 6]); count > 0; count -= 1)
    it = luck.pick(edits)(it.length > 0 ? it : odd(luck), luck, others)
  return it.length > mostBytes ? it.subarray(0, mostBytes) : it
}

/** What is JSON, with values and keys exchanged, so that it stays JSON; undefined for anything else. */
export function mutatedJson(luck: Luck, bytes: Buffer): Buffer | undefined {
  const first = bytes[0]
  if (first !== 0x7b && first !== 0x5b) return undefined
  let value: unknown
  try {
    value = JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
  for (let count = luck.pick([1, 1, 2, 5]); count > 0; count -= 1) value = changed(luck, value, luck.below(7))
  const json = JSON.stringify(value)
  return json.length > mostBytes ? undefined : Buffer.from(json)
}

/** A value in which something `depth` levels down is another thing. */
function changed(luck: Luck, value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth === 0 || Object.keys(value).length === 0)
    return oddValue(luck, value)
  const keys = Object.keys(value)
  const key = luck.pick(keys)
  const inner = (value as Record<string, unknown>)[key]
  if (Array.isArray(value)) {
    const copy: unknown[] = [...value]
    const at = Number(key)
    if (luck.odds(0.1)) return [...copy, ...Array.from({ length: luck.pick([1, 30, 400]) }, () => inner)]
    if (luck.odds(0.1)) return copy.toSpliced(at, 1)
    return copy.toSpliced(at, 1, changed(luck, inner, depth - 1))
  }
  const rest = Object.entries(value).filter(([name]) => name !== key)
  if (luck.odds(0.1)) return Object.fromEntries(rest)
  if (luck.odds(0.1)) return Object.fromEntries([...rest, [luck.pick(oddValues.keys), inner]])
  return Object.fromEntries([...rest, [key, changed(luck, inner, depth - 1)]])
}

function oddValue(luck: Luck, value: unknown): unknown {
  if (luck.odds(0.5)) {
    if (typeof value === 'number') return luck.pick(oddValues.numbers)
    if (typeof value === 'string')
      return luck.odds(0.5) ? luck.pick(oddTexts) : `${value}${luck.pick(oddTexts)}`
  }
  const kinds = [luck.pick(oddValues.numbers), luck.pick(oddTexts), ...oddValues.others]
  return luck.odds(0.1) ? nested(luck.pick([3, 60, 2000])) : luck.pick(kinds)
}

/** Arrays in arrays. */
function nested(depth: number): unknown {
  let it: unknown = 1
  for (let count = 0; count < depth; count += 1) it = [it]
  return it
}
