import { headerAt, lineBreak, linesBefore, unwrapped } from './cri.ts'

/** The two beginnings of a line that goes on in a later one (containerd, internal/cri/io/logger.go). */
export const pieces = [' stdout P ', ' stderr P ']
export const pieceLength = 10

/** Streams, by the letter that tells them apart, of which a line has begun whose beginning is not looked at any more. */
export type Inside = readonly number[]
const stdout = 0x6f
const stderr = 0x65
/** Nobody knows of either. */
export const perhapsInside: Inside = [stdout, stderr]

/** Of which streams the last line before `end` goes on in a later one. */
export function insideAt(buffer: Buffer, end: number): Inside {
  const last = new Map<number, boolean>()
  for (const { from } of linesBefore(buffer, end)) {
    const header = headerAt(buffer, from)
    if (header && !last.has(header.stream)) last.set(header.stream, header.partial)
    if (last.size === 2) break
  }
  return [...last].flatMap(([stream, partial]) => (partial ? stream : []))
}

/** Pieces of one line are joined up to this. */
const mostJoined = 256 * 1024

/** Lines that are pieces of a longer one: where it begins and where its last piece does, if that is there. */
interface Run {
  readonly stream: number
  readonly begin: number
  readonly last: number
}

/** Follows the lines in pieces through a buffer. */
export interface Joining {
  /** A line that is a piece of another one, and says nothing by itself. */
  isPiece(line: number): boolean
  /** The text of the line whose first piece is at `line`; undefined while its last one is missing and waited for. */
  join(line: number): Buffer | undefined
  /** Whose lines go on behind `used`. */
  inside(used: number): Inside
}

/** With `all` nothing is waited for. */
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
 * Whether a line of Docker's is a whole one: a longer one comes in pieces of 16 KiB, of which only the last ends with a line break
 * (daemon/logger/copier.go). Where the line before it is not to be seen it is not believed.
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
