import { removed } from './cut.ts'
import { logText, withoutNamed } from './text.ts'

/**
 * What the kernel repeats of others: its own command line, what it starts init with (init/main.c), and audit
 * records, which hold command lines in hex.
 */
const repeated =
  /^(?:audit[:( ]|type=\d+ audit\()|^(?:Kernel command|Command) line:|^Unknown kernel command line|^ {2}with (?:arguments|environment):|^ {4}\S/

/** The line of a record of the kernel's log; `own` where the kernel wrote it, `others` where the rest is wanted. */
function lineOf(text: string, own: boolean, others: boolean): string {
  if (!others && (!own || repeated.test(text))) return removed
  return own && !repeated.test(text) ? withoutNamed(text) : logText(text)
}

/**
 * A record of /dev/kmsg: what the kernel itself says. What processes wrote into its log (any facility but 0) is left
 * out, but for `others`; the record stays, since numbers that are missing are records that were lost.
 */
export function kernelRecord(record: string, others: boolean): string {
  const at = record.indexOf(';')
  if (at < 0) return removed
  // The lines below the first name devices, and are read by nobody.
  const [text = ''] = record.slice(at + 1).split('\n', 1)
  const own = Number.parseInt(record, 10) >> 3 === 0
  return `${record.slice(0, at + 1)}${lineOf(text, own, others)}`
}

/** What a journal says of an entry by itself, and what a program may have set to anything. */
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
 * Whether the kernel itself wrote it: of facility 0, which nobody can give to what he writes into its log
 * (kernel/printk/printk.c, devkmsg_write), but to any journal entry of his own.
 */
const isKernels = ({ _TRANSPORT, SYSLOG_FACILITY }: Readonly<Record<string, unknown>>) =>
  _TRANSPORT === 'kernel' && SYSLOG_FACILITY === '0'

/** What `journalctl --output=json` prints, a line for each entry: when and of what kind, and the text of the kernel's own. */
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
