import { headerAt, lineBreak, linesBefore, unwrapped } from './cri.ts'

/** The header of a line that continues in a later one, for each stream (containerd, internal/cri/io/logger.go). */
export const pieces = [' stdout P ', ' stderr P ']
export const pieceLength = 10

/**
 * The streams (by the letter that distinguishes them) in which a line is unfinished whose beginning is no longer
 * examined.
 */
export type Inside = readonly number[]
const stdout = 0x6f
const stderr = 0x65
/** It is not known, so both may be. */
export const perhapsInside: Inside = [stdout, stderr]

/** The streams whose last line before `end` continues in a later one. */
export function insideAt(buffer: Buffer, end: number): Inside {
  const last = new Map<number, boolean>()
  for (const { from } of linesBefore(buffer, end)) {
    const header = headerAt(buffer, from)
    if (header && !last.has(header.stream)) last.set(header.stream, header.partial)
    if (last.size === 2) break
  }
  return [...last].flatMap(([stream, partial]) => (partial ? stream : []))
}

/** Bytes up to which the pieces of one line are joined. */
const mostJoined = 256 * 1024

/** The pieces of one line: where the first begins, and where the last begins if it is there. */
interface Run {
  readonly stream: number
  readonly begin: number
  readonly last: number
}

/** Tracks lines that come in pieces through a buffer. */
export interface Joining {
  /** Whether a line is a piece of another one, and means nothing by itself. */
  isPiece(line: number): boolean
  /**
   * The joined text of the line whose first piece is at `line`; undefined while its last piece is missing and waited
   * for.
   */
  join(line: number): Buffer | undefined
  /** The streams whose lines continue after `used`. */
  inside(used: number): Inside
}

/** With `all`, a line is joined even if its last piece is missing. */
export function joining(buffer: Buffer, from: number, end: number, all: boolean, inside: Inside): Joining {
  const of = new Set<number>()
  const runs: Run[] = []
  const follow = (stream: number, begin: number, start: number, keep: (text: Buffer) => void) => {
    let last = Number.POSITIVE_INFINITY
    for (let line = start; line < end; ) {
      const lineEnd = buffer.indexOf(lineBreak, line)
      const header = headerAt(buffer, line)
      if (header?.stream === stream) {
        of.add(line)
        keep(buffer.subarray(header.content, lineEnd))
        if (!header.partial) last = line
      }
      if (last === line) break
      line = lineEnd + 1
    }
    runs.push({ stream, begin, last })
    return last < end
  }
  for (const stream of inside) follow(stream, -1, from, () => {})
  return {
    isPiece: (line) => of.has(line),
    join(line) {
      const parts: Buffer[] = []
      let size = 0
      const done = follow(headerAt(buffer, line)?.stream ?? 0, line, line, (text) => {
        if (size < mostJoined) parts.push(text)
        size += text.length
      })
      return done || all || size > mostJoined ? Buffer.concat(parts) : undefined
    },
    inside: (used) => [
      ...new Set(runs.flatMap((it) => (it.begin < used && it.last >= used ? it.stream : []))),
    ],
  }
}

/**
 * Whether a line of Docker's is a complete one. A longer line comes in pieces of 16 KiB, of which only the last ends
 * with a line break (daemon/logger/copier.go). If the line before it cannot be seen, the answer is no.
 */
export function isWholeOfDocker(buffer: Buffer, line: number): boolean {
  const textOf = (from: number) => unwrapped(buffer.toString('utf8', from, buffer.indexOf(lineBreak, from)))
  const its = textOf(line)
  if (!its?.ends) return false
  for (const { from } of linesBefore(buffer, line)) {
    const other = textOf(from)
    if (other?.stream === its.stream) return other.ends
    if (!other && from === 0) return false
  }
  return true
}
