import { headerAt, lineBreak, linesBefore, timeOf, unwrapped } from './cri.ts'
import { record } from './forms/postgres.ts'

/** The lines around a line, of the same stream, nearest first, until so many bytes of text are passed. */
export interface Around {
  before(bytes: number): Iterable<string>
  after(bytes: number): Iterable<string>
  /** The line is inside quotes that an earlier line opened and none has closed, as in a CSV log. */
  readonly quoted: boolean
}

export const alone: Around = { before: () => [], after: () => [], quoted: false }

/**
 * What a server writes in one go, containerd reads in one go: lines whose times differ by more than this, ms, were
 * written separately.
 */
const apart = 1_000
/** How many lines are searched, those of the other stream included. */
const mostLines = 64
/** How many bytes before a part of a log are read again, to look for an open quote. */
export const context = 20 * 1024
/**
 * How many bytes after a part of a log are read, for the lines that follow its last: names, and lines of the other
 * stream.
 */
export const beyond = 2 * 1024

/** A line of a log, without the header of containerd or Docker. */
interface Line {
  readonly stream: number
  readonly text: string
}

function lineAt(buffer: Buffer, from: number, end: number): Line {
  const header = headerAt(buffer, from)
  const text = buffer.toString('utf8', header?.content ?? from, end)
  return { stream: header?.stream ?? 0, text: header ? text : (unwrapped(text)?.text ?? text) }
}

/** Returns a function that tells what is around a line of the buffer. Results are reused for later lines. */
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
 * Whether a line is inside a quoted field of a CSV record: then its text proves nothing, whatever it looks like. It is
 * if the nearest earlier line with an odd number of quotes began a record. Ask for lines in order, so that each is
 * counted only once.
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
