import { printable } from '../node/text.ts'

/** One record of the kernel's log, as /dev/kmsg gives it (Linux, Documentation/ABI/testing/dev-kmsg). */
export interface LogRecord {
  readonly sequence: number
  /** Microseconds since the machine was started. */
  readonly uptime: number
  /** Written by the kernel itself. What a process writes into the log can claim any facility but this one. */
  readonly kernel: boolean
  /** Goes on with the line of the record before it. */
  readonly continues: boolean
  /** The line, still escaped, without the `KEY=value` lines below it. */
  readonly text: string
}

/** Reads `priority,sequence,microseconds,flags[,more];text`; undefined for anything else. */
export function logRecord(record: string): LogRecord | undefined {
  const end = record.indexOf(';')
  if (end < 0 || end > 200) return undefined
  const [priority, sequence, uptime, flags = ''] = record.slice(0, end).split(',')
  const numbers = [Number(priority), Number(sequence), Number(uptime)] as const
  if (!numbers.every((it) => Number.isSafeInteger(it) && it >= 0) || uptime === undefined) return undefined
  const line = record.indexOf('\n', end)
  return {
    sequence: numbers[1],
    uptime: numbers[2],
    kernel: numbers[0] >> 3 === 0,
    // Before Linux 4.10 later fragments had `+`.
    continues: flags.startsWith('c') || flags.startsWith('+'),
    text: record.slice(end + 1, line < 0 ? undefined : line),
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
