import { withoutForms, withoutSaid } from './forms.ts'
import { removed, withoutAssignments, withoutFlags } from './named.ts'

/** The text of any program's log. */
export const logText = (text: string): string => withoutAssignments(withoutFlags(withoutSaid(text)))

/**
 * What the kernel repeats of others: its own command line, what it starts init with (init/main.c), and audit
 * records, which hold command lines in hex.
 */
const repeated =
  /^audit[:( ]|^(?:Kernel command|Command) line:|^Unknown kernel command line|^ {2}with (?:arguments|environment):|^ {4}\S/

/** The line of a record of the kernel's log; `own` where the kernel wrote it, `others` where the rest is wanted. */
function lineOf(text: string, own: boolean, others: boolean): string {
  if (!others && (!own || repeated.test(text))) return removed
  return own && !repeated.test(text) ? withoutAssignments(withoutFlags(withoutForms(text))) : logText(text)
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

const facts =
  /^(?:__REALTIME_TIMESTAMP|__MONOTONIC_TIMESTAMP|_BOOT_ID|_TRANSPORT|_SOURCE_MONOTONIC_TIMESTAMP|PRIORITY|SYSLOG_FACILITY|MESSAGE_ID|_UID|_COMM)$/

/** What `journalctl --output=json` prints, a line for each entry: when and of what kind, and the text of the kernel's own. */
export const journalOf = (stdout: string, others: boolean): string =>
  stdout
    .split('\n')
    .flatMap((line) => {
      try {
        const entry = Object(JSON.parse(line)) as Readonly<Record<string, unknown>>
        const kept: Record<string, unknown> = {}
        for (const [name, value] of Object.entries(entry))
          if (facts.test(name)) kept[name] = value
          else if (name === 'MESSAGE' && typeof value === 'string')
            kept[name] = lineOf(value, entry.SYSLOG_FACILITY === '0', others)
        return [`${JSON.stringify(kept)}\n`]
      } catch {
        return []
      }
    })
    .join('')
