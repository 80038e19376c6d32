import { type Host, HostError } from '../../agent/model/index.ts'
import { plain } from '../../agent/text/sanitize.ts'
import { minute } from '../../agent/text/times.ts'
import { type Entry, journalEntry, messageOf } from '../node/journal.ts'
import type { Ended } from './sample.ts'

/**
 * systemd forgets how a process ended as soon as it has started the next one: `Result` is `success` again and
 * `ExecMainStatus` 0 (measured with systemd 252). What stays is its journal. The ids of "Main process exited", "Failed
 * with result" and "Deactivated successfully" (systemd, sd-messages.h): the first two come after an end that was no
 * success, the third after `systemctl restart`, SIGTERM or exit code 0.
 */
const exited = '98e322203f7a4ed290d09fe03c09fe15'
const failed = 'd9b373ed55a64feb8242e02dbe79a49c'
const succeeded = '7ad2d189f7e94e70a38c781354912448'

/** Of its own entries the newest few are enough; an end has two at most. */
const ownEntries = 20
/** A Go panic prints the stack of one goroutine, some fifty lines; k3s's children say a little more after it. */
const lastLines = 400
const timeout = 4_000
const limit = 2 * 1024 * 1024
/** A start comes `RestartSec` after the end, which k3s sets to 5 s. Much earlier is another end, ms. */
const longest = 10 * minute

const journal = (lines: number, fields: string, ...matches: readonly string[]) => [
  ...['journalctl', '--boot', `--lines=${lines}`, '--output=json', '--no-pager'],
  ...[`--output-fields=${fields}`, ...matches],
]

/**
 * How the process before the one that started at `start` ended; without exit code and signal where the journal does not
 * say. Undefined where it was asked to end. Costs two processes, so it is asked only after a start by systemd itself. Never rejects.
 */
export async function readEnded(host: Host, unit: string, start: number): Promise<Ended | undefined> {
  const entries = await read(
    host,
    journal(
      ownEntries,
      'MESSAGE_ID,EXIT_CODE,EXIT_STATUS,UNIT_RESULT,INVOCATION_ID',
      ...['_PID=1', `UNIT=${unit}.service`],
      ...[exited, failed, succeeded].map((it) => `MESSAGE_ID=${it}`),
    ),
  )
  // The journal does not say: then how it ended is not known, but it did by itself, as systemd counted.
  if (entries.length === 0) return { at: start }
  const end = endOf(entries, start)
  if (!end) return undefined
  const { invocation, ...ended } = end
  if (!invocation) return ended
  const said = await read(
    host,
    journal(lastLines, 'MESSAGE', `_SYSTEMD_INVOCATION_ID=${invocation}`, `_SYSTEMD_UNIT=${unit}.service`),
  )
  const reason = reasonOf(said.map((it) => messageOf(it.MESSAGE)))
  return { ...ended, ...(reason !== undefined && { reason }) }
}

async function read(host: Host, argv: readonly string[]): Promise<readonly Entry[]> {
  const entries: Entry[] = []
  const line = (text: string) => {
    const it = journalEntry(text)
    if (it) entries.push(it)
  }
  try {
    await host.run(argv, { timeout, limit, line })
  } catch (error) {
    if (!(error instanceof HostError)) throw error
  }
  return entries
}

/** The failure just before `start`, ms, with the invocation that failed; undefined after any other end. Pure. */
export function endOf(
  entries: readonly Entry[],
  start: number,
): (Ended & { readonly invocation?: string }) | undefined {
  const timeOf = (it: Entry) => Math.round(Number(it.__REALTIME_TIMESTAMP) / 1000)
  const near = entries.filter((it) => timeOf(it) <= start + 1_000 && timeOf(it) > start - longest)
  const end = near.findLast((it) => it.MESSAGE_ID === exited || it.MESSAGE_ID === succeeded)
  if (end?.MESSAGE_ID !== exited) return undefined
  const status = /^\d{1,3}$/.exec(String(end.EXIT_STATUS))?.[0]
  if (status === undefined || Number(status) > 255) return undefined
  const invocation = /^[0-9a-f]{32}$/.exec(String(end.INVOCATION_ID ?? ''))?.[0]
  const verdict = near.find((it) => it.MESSAGE_ID === failed && it.INVOCATION_ID === end.INVOCATION_ID)
  const result = /^[a-z-]{1,40}$/.exec(String(verdict?.UNIT_RESULT ?? ''))?.[0]
  return {
    at: timeOf(end),
    ...(end.EXIT_CODE === 'exited' ? { exit: Number(status) } : { signal: Number(status) }),
    ...(result && { result }),
    ...(invocation && { invocation }),
  }
}

const longestReason = 160

/**
 * Why k3s ended, from its last lines: a panic of Go with the first file of its stack that is not Go's own, else its own
 * fatal line (logrus, klog). Tokens and passwords are left out. Pure.
 */
export function reasonOf(lines: readonly string[]): string | undefined {
  const panic = lines.findLastIndex((it) => /^(panic|fatal error): /.test(it))
  if (panic >= 0) {
    const place = lines
      .slice(panic)
      .map((it) => /^\t\S*\/([\w.-]{1,60}\.go:\d{1,6})(?: |$)/.exec(it.slice(0, 400)))
      .find((it) => it && !/^\t(?:\S*\/src\/)?runtime\//.test(it.input))?.[1]
    const text = (lines[panic] as string).replace(/ \[recovered\]$/, '')
    return clean(place ? `${text.slice(0, longestReason)} (${place})` : text)
  }
  const fatal = lines.findLast((it) => / level=fatal msg=/.test(it.slice(0, 200)) || /^F\d{4} /.test(it))
  if (fatal === undefined) return undefined
  return clean(
    fatal
      .slice(0, 1000)
      .replace(/^.* level=fatal msg=/, '')
      .replace(/^F\d{4} [\d:.]+ +\d+ /, '')
      .replace(/^"(.*)"$/, '$1')
      .replaceAll('\\"', '"'),
  )
}

const clean = (text: string) =>
  plain(
    text
      .replace(/:\/\/[^\s/@]{1,200}@/g, '://…@')
      .replace(/\bK10[0-9a-f]{16,}(::[^\s"']+)?/g, '…')
      .replace(/\b(token|password|secret)([=: ]+)[^\s"']+/gi, '$1$2…'),
    longestReason + 70,
  )
