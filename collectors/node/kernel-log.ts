import { printable } from '../../agent/text/sanitize.ts'

/** One record of the kernel's log, as /dev/kmsg gives it (Linux, Documentation/ABI/testing/dev-kmsg). */
export interface LogRecord {
  readonly sequence: number
  /** Microseconds since the machine was started. */
  readonly uptime: number
  /** Continues the line of the record before it. */
  readonly continues: boolean
  /**
   * The line, still escaped, without the `KEY=value` lines below it. Absent unless the kernel itself wrote it: a
   * process that writes to the log can claim any facility except 0, so that its lines prove nothing.
   */
  readonly text?: string
}

/** Reads `priority,sequence,microseconds,flags[,more];text`; undefined for anything else. */
export function logRecord(record: string): LogRecord | undefined {
  const end = record.indexOf(';')
  if (end < 0 || end > 200) return undefined
  const [priority, sequence, uptime, flags = ''] = record.slice(0, end).split(',')
  // A `KEY=value` line below a record begins with a space, and may hold anything.
  if (![priority, sequence, uptime].every((it) => /^\d{1,16}$/.test(it ?? ''))) return undefined
  const numbers = [Number(priority), Number(sequence), Number(uptime)] as const
  if (!numbers.every(Number.isSafeInteger)) return undefined
  const line = record.indexOf('\n', end)
  return {
    sequence: numbers[1],
    uptime: numbers[2],
    // Before Linux 4.10 later fragments had `+`.
    continues: flags.startsWith('c') || flags.startsWith('+'),
    ...(numbers[0] >> 3 === 0 && { text: record.slice(end + 1, line < 0 ? undefined : line) }),
  }
}

/** Undoes `\xNN` escapes, once: a cgroup called `a\x2db` is logged as `a\x5cx2db`. */
export function unescaped(text: string): string {
  if (!text.includes('\\x')) return text
  const bytes = text.replace(/\\x([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

/** A name from the log, safe to print in a sentence, cut after `longest` characters. */
export const harmless = (text: string, longest = 64) => printable(unescaped(text), longest)

/**
 * The name of a process as a regular expression: 15 bytes (TASK_COMM_LEN), of which each may be escaped. It may
 * hold blanks, colons, parentheses and line breaks.
 */
export const comm = String.raw`(?:\\x[0-9a-f]{2}|[^\\]){0,15}`

/**
 * A regular expression for a whole line of the kernel, from its first character to its last. Matching a part is not
 * enough: the kernel prints names that processes, files and cgroups chose themselves. A process called `Out of memory`
 * that crashes in a file called `Killed process 7 (k3s-server) total-vm:…` puts all words of an OOM kill into one line
 * that the kernel itself wrote. No name at the beginning of a line is longer than `comm`.
 */
export const form = (line: string): RegExp => new RegExp(`^(?:${line})$`)
