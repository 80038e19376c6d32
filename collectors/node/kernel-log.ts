import { printable } from '../../agent/text/sanitize.ts'

/** One record of the kernel's log, as /dev/kmsg gives it (Linux, Documentation/ABI/testing/dev-kmsg). */
export interface LogRecord {
  readonly sequence: number
  /** Microseconds since the machine was started. */
  readonly uptime: number
  /** Goes on with the line of the record before it. */
  readonly continues: boolean
  /**
   * The line, still escaped, without the `KEY=value` lines below it; only if the kernel itself wrote it. What a
   * process writes into the log can claim any facility but 0, and is nobody's evidence.
   */
  readonly text?: string
}

/** Reads `priority,sequence,microseconds,flags[,more];text`; undefined for anything else. */
export function logRecord(record: string): LogRecord | undefined {
  const end = record.indexOf(';')
  if (end < 0 || end > 200) return undefined
  const [priority, sequence, uptime, flags = ''] = record.slice(0, end).split(',')
  // A line below a record begins with a blank, and may hold anything.
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

/** Bytes that were written as `\xNN`, once: a cgroup called `a\x2db` is logged as `a\x5cx2db`. */
export function unescaped(text: string): string {
  if (!text.includes('\\x')) return text
  const bytes = text.replace(/\\x([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

/** A name from the log as it may stand in a sentence, cut after `longest` characters. */
export const harmless = (text: string, longest = 64) => printable(unescaped(text), longest)

/**
 * The name of a process as a regular expression: 15 bytes (TASK_COMM_LEN), of which each may be escaped. It may
 * hold blanks, colons, parentheses and line breaks.
 */
export const comm = String.raw`(?:\\x[0-9a-f]{2}|[^\\]){0,15}`

/**
 * A form of the kernel's own messages, from the first character of the line to the last. Nothing less will do:
 * the kernel prints names that processes, files and cgroups gave themselves, so that a crash of `Out of memory`
 * in a file called `Killed process 7 (k3s-server) total-vm:…` puts all words of an OOM kill into one line, and
 * the kernel itself has written it. No name that begins a line is longer than `comm`.
 */
export const form = (line: string): RegExp => new RegExp(`^(?:${line})$`)
