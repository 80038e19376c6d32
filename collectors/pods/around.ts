import { headerAt, lineBreak, linesBefore, timeOf, unwrapped } from './cri.ts'
import { record } from './forms/postgres.ts'

/** What stands beside a line, of the same stream: the nearest first, until so many bytes of text are passed. */
export interface Around {
  before(bytes: number): Iterable<string>
  after(bytes: number): Iterable<string>
  /** It stands inside of quotes that a line before it opened and none has closed, as CSV has them. */
  readonly quoted: boolean
}

export const alone: Around = { before: () => [], after: () => [], quoted: false }

/** What a server writes at once containerd reads at once; farther apart than this two lines were written apart, ms. */
const apart = 1_000
/** Lines, those of the other stream among them, beyond which nobody looks. */
const mostLines = 64
/** Nobody looks farther back than this for an open quote: what is read again before a part of a log. */
export const context = 20 * 1024
/** What is read behind a part of a log for what follows its last line: names, and lines of the other stream. */
export const beyond = 2 * 1024

/** A line of a log: containerd's, or Docker's, or without either. */
interface Line {
  readonly stream: number
  readonly text: string
}

function lineAt(buffer: Buffer, from: number, end: number): Line {
  const header = headerAt(buffer, from)
  const text = buffer.toString('utf8', header?.content ?? from, end)
  return { stream: header?.stream ?? 0, text: header ? text : (unwrapped(text)?.text ?? text) }
}

/** Tells what is around lines of a buffer. What was worked out for one is used for those behind it. */
export function arounds(buffer: Buffer): (line: number) => Around {
  const open = openQuotes(buffer)
  return (line) => {
    const stream = headerAt(buffer, line)?.stream ?? 0
    return {
      before: (bytes) => before(buffer, line, stream, bytes),
      after: (bytes) => after(buffer, line, stream, bytes),
      get quoted() {
        return open(line, stream)
      },
    }
  }
}

function areApart(buffer: Buffer, one: number, other: number): boolean {
  const [a, b] = [timeOf(buffer, one), timeOf(buffer, other)]
  return a !== undefined && b !== undefined && Math.abs(a - b) > apart
}

function* before(buffer: Buffer, line: number, stream: number, bytes: number): Generator<string> {
  let passed = 0
  let lines = 0
  for (const { from, end } of linesBefore(buffer, line)) {
    if (lines === mostLines || passed >= bytes || areApart(buffer, line, from)) return
    lines += 1
    const it = lineAt(buffer, from, end)
    if (it.stream === stream) {
      passed += it.text.length + 1
      yield it.text
    }
  }
}

function* after(buffer: Buffer, line: number, stream: number, bytes: number): Generator<string> {
  let from = buffer.indexOf(lineBreak, line) + 1
  let passed = 0
  for (let lines = 0; from > 0 && lines < mostLines && passed < bytes; lines += 1) {
    const end = buffer.indexOf(lineBreak, from)
    if (end < 0 || areApart(buffer, line, from)) return
    const it = lineAt(buffer, from, end)
    if (it.stream === stream) {
      passed += it.text.length + 1
      yield it.text
    }
    from = end + 1
  }
}

const quote = 0x22
/**
 * Whether the nearest line before that holds an odd number of quotes began a record: then the line is inside of one of its
 * fields, whatever it looks like. Lines are asked for in order, so that each is counted once.
 */
function openQuotes(buffer: Buffer): (line: number, stream: number) => boolean {
  const known = new Map<number, { readonly at: number; readonly open: boolean }>()
  const nearest = (line: number, stream: number) => {
    const last = known.get(stream)
    const least = Math.max(0, line - context)
    for (const { from, end } of linesBefore(buffer, line)) {
      if (end <= least) break
      if (last && end < last.at) return last.open
      const header = headerAt(buffer, from)
      if ((header?.stream ?? 0) === stream && odd(buffer, header?.content ?? from, end))
        return record.test(buffer.toString('latin1', header?.content ?? from, end).slice(0, 50))
    }
    return false
  }
  return (line, stream) => {
    const open = nearest(line, stream)
    known.set(stream, { at: line, open })
    return open
  }
}

function odd(buffer: Buffer, from: number, end: number): boolean {
  let count = 0
  for (let at = buffer.indexOf(quote, from); at >= 0 && at < end; at = buffer.indexOf(quote, at + 1))
    count += 1
  return count % 2 === 1
}
