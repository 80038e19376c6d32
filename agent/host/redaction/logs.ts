import { removed } from './cut.ts'
import { logText, withoutNamed } from './text.ts'

/**
 * Kernel messages that repeat text from others: the kernel command line, init's arguments and environment
 * (init/main.c), and audit records, which hold command lines in hex.
 */
const repeated =
  /^(?:audit[:( ]|type=\d+ audit\()|^(?:Kernel command|Command) line:|^Unknown kernel command line|^ {2}with (?:arguments|environment):|^ {4}\S/

/** A line of the kernel log. `own`: the kernel wrote it; `others`: keep what the kernel did not write, too. */
function lineOf(text: string, own: boolean, others: boolean): string {
  if (!others && (!own || repeated.test(text))) return removed
  return own && !repeated.test(text) ? withoutNamed(text) : logText(text)
}

/**
 * A record of /dev/kmsg. The text of records that processes wrote (any facility but 0) is removed unless `others` is
 * set. The record itself stays, because a gap in the sequence numbers would mean lost records.
 */
export function kernelRecord(record: string, others: boolean): string {
  const at = record.indexOf(';')
  if (at < 0) return removed
  // The continuation lines only name devices, and no collector reads them.
  const [text = ''] = record.slice(at + 1).split('\n', 1)
  const own = Number.parseInt(record, 10) >> 3 === 0
  return `${record.slice(0, at + 1)}${lineOf(text, own, others)}`
}

/** Fields of a journal entry that are kept. Those a program can set itself are kept only in their proper form. */
const facts: Readonly<Record<string, RegExp>> = {
  __REALTIME_TIMESTAMP: /^/,
  __MONOTONIC_TIMESTAMP: /^/,
  _BOOT_ID: /^/,
  _TRANSPORT: /^/,
  _SOURCE_MONOTONIC_TIMESTAMP: /^/,
  PRIORITY: /^[0-7]$/,
  SYSLOG_FACILITY: /^\d{1,3}$/,
  MESSAGE_ID: /^[0-9a-f]{32}$/,
  _UID: /^\d{1,10}$/,
  _COMM: /^/,
}

/**
 * Whether the kernel itself wrote the entry: transport `kernel` and facility 0. Writes to /dev/kmsg never get facility
 * 0 (kernel/printk/printk.c, devkmsg_write); other journal entries can, but not that transport.
 */
const isKernels = ({ _TRANSPORT, SYSLOG_FACILITY }: Readonly<Record<string, unknown>>) =>
  _TRANSPORT === 'kernel' && SYSLOG_FACILITY === '0'

/** The output of `journalctl --output=json`, an entry a line: keeps some fields, and the text of kernel messages. */
export const journalOf = (stdout: string, others: boolean): string =>
  stdout
    .split('\n')
    .flatMap((line) => {
      try {
        const entry = Object(JSON.parse(line)) as Readonly<Record<string, unknown>>
        const kept: Record<string, unknown> = {}
        for (const [name, value] of Object.entries(entry))
          if (typeof value !== 'string') continue
          else if (Object.hasOwn(facts, name) && facts[name]?.test(value)) kept[name] = value
          else if (name === 'MESSAGE') kept[name] = lineOf(value, isKernels(entry), others)
        return [`${JSON.stringify(kept)}\n`]
      } catch {
        return []
      }
    })
    .join('')
