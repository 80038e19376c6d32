/** Lines as containerd writes them: `<RFC3339Nano> <stdout|stderr> <F|P> <text>` (internal/cri/io/logger.go). */

export const lineBreak = 0x0a
const space = 0x20

export interface Header {
  /** The first differing letter of `stdout` and `stderr`. */
  readonly stream: number
  /** The text continues in a later line of the same stream. */
  readonly partial: boolean
  /** Where the text begins. */
  readonly content: number
}

/** The longest time: `2026-11-23T00:29:20.773434732+01:00`. */
const longestTime = 36

/** The header of the line that begins at `from`; undefined where a line has none. */
export function headerAt(buffer: Buffer, from: number): Header | undefined {
  const at = endOfTime(buffer, from)
  if (at < 0) return undefined
  // ` stdout F `
  const tag = buffer[at + 8]
  if (buffer[at + 7] !== space || buffer[at + 9] !== space || buffer[at + 1] !== 0x73) return undefined
  return { stream: buffer[at + 4] as number, partial: tag === 0x50, content: at + 10 }
}

/** Where a line's own text begins. */
export const contentOf = (buffer: Buffer, from: number) => headerAt(buffer, from)?.content ?? from

/** The lines before the one at `line`, nearest first: where each begins, and where its line break is. */
export function* linesBefore(
  buffer: Buffer,
  line: number,
): Generator<{ readonly from: number; readonly end: number }> {
  for (let end = line - 1; end > 0; ) {
    const from = buffer.lastIndexOf(lineBreak, end - 1) + 1
    yield { from, end }
    end = from - 1
  }
}

/** The time of a line, ms since the epoch. */
export function timeOf(buffer: Buffer, from: number): number | undefined {
  const at = endOfTime(buffer, from)
  const time = at < 0 ? Number.NaN : Date.parse(buffer.toString('latin1', from, at))
  return Number.isNaN(time) ? undefined : time
}

function endOfTime(buffer: Buffer, from: number): number {
  const end = Math.min(buffer.length, from + longestTime)
  for (let at = from + 20; at < end; at += 1) if (buffer[at] === space) return at
  return -1
}

/** A line of Docker's. */
export interface Unwrapped {
  readonly stream: string
  readonly text: string
  /** Its text ends with a line break; otherwise it continues in the next line. */
  readonly ends: boolean
}

/** Parses Docker's json-file format, `{"log":"text\n","stream":"stderr","time":"…"}`; undefined for anything else. */
export function unwrapped(line: string): Unwrapped | undefined {
  if (!line.startsWith('{"log":"')) return undefined
  try {
    const { log, stream } = JSON.parse(line) as { readonly log?: unknown; readonly stream?: unknown }
    return typeof log === 'string' && typeof stream === 'string'
      ? { stream, text: log.trimEnd(), ends: log.endsWith('\n') }
      : undefined
  } catch {
    return undefined
  }
}
