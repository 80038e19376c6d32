import { type Host, HostError } from '../../agent/model/index.ts'
import { plain } from '../../agent/text/sanitize.ts'
import { minute } from '../../agent/text/times.ts'
import { type Entry, journalEntry, messageOf } from '../node/journal.ts'
import type { Ended } from './sample.ts'

/**
 * systemd forgets how a process ended as soon as it has started the next one: `Result` is `success` again and
 * `ExecMainStatus` 0 (measured with systemd 252). What stays is its journal. The ids of "Main process exited", "Failed
 * with result", "Deactivated successfully" and "Stopping" (systemd, sd-messages.h): the first two come after an end that was
 * no success, the third after SIGTERM or exit code 0, the fourth before an end that somebody asked for. `systemctl restart` sets systemd's counter to 0, so it is not asked about.
 */
const exited = '98e322203f7a4ed290d09fe03c09fe15'
const failed = 'd9b373ed55a64feb8242e02dbe79a49c'
const succeeded = '7ad2d189f7e94e70a38c781354912448'
const stopping = 'de5b426a63be47a7b6ac3eaac82e2f6f'

/** Of its own entries the newest few are enough; an end has three at most. */
const ownEntries = 30
/** So many ends since the last look are looked at: in a loop of crashes the newest is told, with its number. */
const mostEnds = 3
/** A Go panic prints the stack of one goroutine, some fifty lines; k3s's children say a little more after it. */
const lastLines = 400
const timeout = 4_000
const limit = 2 * 1024 * 1024
/** A start comes `RestartSec` after the end, which k3s sets to 5 s. Much earlier is another end, ms. */
const longest = 10 * minute

/** Not with `--boot`: in a container what Murphy's unit sees as the boot is the host's, and the journal has its own. */
const journal = (lines: number, fields: string, ...matches: readonly string[]) => [
  ...['journalctl', `--lines=${lines}`, '--output=json', '--no-pager'],
  ...[`--output-fields=${fields}`, ...matches],
]

/** What the journal says of the end of a process. Neither: it was asked to end. */
export interface Ending {
  readonly ended?: Ended
  /** The journal has not said all: it gave no answer in time, or has no entry of that end. */
  readonly unsure?: true
}

/**
 * How the process before the one that started at `start` ended, where that was by itself, or else one before it that ended
 * after `since`: somebody may have restarted what systemd had just started again. By exit code and signal, and by its own
 * last lines, as k3s may also end well by itself, or fail after it was asked to end. Costs two processes, or a few more,
 * so it is asked only after a start. Never rejects.
 */
export async function readEnded(host: Host, unit: string, start: number, since = start): Promise<Ending> {
  const entries = await read(
    host,
    journal(
      ownEntries,
      'MESSAGE_ID,EXIT_CODE,EXIT_STATUS,UNIT_RESULT,INVOCATION_ID',
      ...['_PID=1', `UNIT=${unit}.service`],
      ...[exited, failed, succeeded, stopping].map((it) => `MESSAGE_ID=${it}`),
    ),
  )
  const [last, ...others] = endsOf(entries ?? [], start)
  if (!last) return { unsure: true }
  const first = await endingOf(host, unit, last)
  if (first.ended) return first
  for (const it of others.filter(({ at }) => at > since).slice(0, mostEnds - 1)) {
    const { ended } = await endingOf(host, unit, it)
    if (ended) return { ended }
  }
  return first
}

type End = Ended & { readonly invocation?: string; readonly well?: true; readonly asked?: true }

async function endingOf(host: Host, unit: string, end: End): Promise<Ending> {
  const { invocation, well, asked, ...ended } = end
  if (asked) return {}
  const said =
    invocation &&
    (await read(
      host,
      journal(lastLines, 'MESSAGE', `_SYSTEMD_INVOCATION_ID=${invocation}`, `_SYSTEMD_UNIT=${unit}.service`),
    ))
  if (!said) return { ...(!well && { ended }), unsure: true }
  const lines = said.map((it) => messageOf(it.MESSAGE))
  const own = ownRequest(lines)
  if (own !== undefined) return { ended: { ...ended, ...(well && { exit: 0 }), reason: own } }
  const reason = reasonOf(lines)
  if (well || (ended.exit === 1 && wasAsked(reason))) return {}
  return { ended: { ...ended, ...(reason !== undefined && { reason }) } }
}

/** Undefined where the journal gave no answer. Nothing is one: so journalctl says in JSON that nothing matches. */
async function read(host: Host, argv: readonly string[]): Promise<readonly Entry[] | undefined> {
  const entries: Entry[] = []
  const line = (text: string) => {
    const it = journalEntry(text)
    if (it) entries.push(it)
  }
  try {
    const { exit } = await host.run(argv, { timeout, limit, line })
    return exit === 0 ? entries : undefined
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return undefined
  }
}

/**
 * The ends before `start`, ms, the newest first, each with the invocation that ended; `well`: systemd calls it a success,
 * `asked`: it was told to stop. Pure.
 */
export function endsOf(entries: readonly Entry[], start: number): readonly End[] {
  const near = entries.filter((it) => timeOf(it) <= start + 1_000 && timeOf(it) > start - longest)
  return near.flatMap((it) => endIn(it, near) ?? []).toReversed()
}

const timeOf = (it: Entry) => Math.round(Number(it.__REALTIME_TIMESTAMP) / 1000)

function endIn(end: Entry, near: readonly Entry[]): End | undefined {
  if (end.MESSAGE_ID !== exited && end.MESSAGE_ID !== succeeded) return undefined
  const its = near.filter((it) => it.INVOCATION_ID === end.INVOCATION_ID)
  const well = end.MESSAGE_ID === succeeded
  const invocation = /^[0-9a-f]{32}$/.exec(String(end.INVOCATION_ID ?? ''))?.[0]
  const asked = its.some((it) => it.MESSAGE_ID === stopping && timeOf(it) <= timeOf(end))
  const about = { at: timeOf(end), ...(invocation && { invocation }), ...(asked && { asked: true as const }) }
  if (well) return { ...about, well: true }
  const status = /^\d{1,3}$/.exec(String(end.EXIT_STATUS))?.[0]
  if (status === undefined || Number(status) > 255) return undefined
  const verdict = its.find((it) => it.MESSAGE_ID === failed)
  const result = /^[a-z-]{1,40}$/.exec(String(verdict?.UNIT_RESULT ?? ''))?.[0]
  return {
    ...about,
    ...(end.EXIT_CODE === 'exited' ? { exit: Number(status) } : { signal: Number(status) }),
    ...(result && { result }),
  }
}

/**
 * What made k3s end itself: it then ends as if it had been asked to, with exit code 0 (k3s, pkg/signals). Of `kubelet`,
 * `containerd`, `flannel` …: "kubelet exited: …". Pure.
 */
export function ownRequest(lines: readonly string[]): string | undefined {
  const form = /^time="[^"]{1,40}" level=error msg="Shutdown request received: (.{1,1000})"$/
  const said = lines.map((it) => form.exec(it)?.[1]).findLast((it) => it !== undefined)
  return said === undefined ? undefined : clean(said.replaceAll('\\"', '"').replace(/^"(.*)"$/, '$1'))
}

/**
 * The last words of a k3s that was asked to end and left with 1 all the same: what it waited for was called off, or its
 * server was closed, by the signal.
 */
const wasAsked = (reason = '') => /(?:context canceled|http: Server closed)$/.test(reason)

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
