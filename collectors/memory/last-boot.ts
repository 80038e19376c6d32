import type { Host } from '../../agent/model/index.ts'
import { HostError } from '../../agent/model/index.ts'
import { printable } from '../../agent/text/sanitize.ts'
import { type Entry, journalEntry, messageOf } from '../node/journal.ts'
import { form } from '../node/kernel-log.ts'
import type { Kill, Reading } from './kills.ts'
import { readKills } from './kills.ts'

/**
 * The boot before this one, as far as the journal has it. Read once in each boot, as journals are large. Times are ms
 * since the epoch.
 */
export interface LastBoot {
  /** The boot in which this was read. */
  readonly readIn: string
  /** How often it was read; more than once only where the journal took too long. */
  readonly tries: number
  /** When this boot began, to the second. */
  readonly booted: number
  /** Why the journal exists but cannot be read. */
  readonly closed?: string
  /** The id of the boot before this one, without dashes. */
  readonly id?: string
  readonly ended?: number
  /** It ended with a shutdown instead of just stopping. */
  readonly orderly?: true
  readonly kills?: number
  /** When its last OOM kill was, and whom it hit. */
  readonly last?: number
  readonly who?: string
  /**
   * When its last OOM kill was because the node itself was out of memory; kills at a container's limit bring no node
   * down.
   */
  readonly starved?: number
  /** The kernel's panic message, if the cause was memory. */
  readonly panic?: string
}

export interface LastBootLog {
  readonly about: LastBoot
  readonly kills: readonly Kill[]
  /** The start of that boot, from which the microseconds of its kills count. */
  readonly start: number
}

/** How many of the kernel's last records are read; one kill has about 80. */
const mostRecords = 10_000
const lastEntries = 200
const mostKills = 2_000
const mostTries = 3
const timeout = 6_000

/** Whether the previous boot must still be read in this one. */
export const isUnread = (boot: string | undefined, known: LastBoot | undefined) =>
  boot !== undefined && (known?.readIn !== boot || (known.closed === slow && known.tries < mostTries))

const slow = 'the journal does not answer in time'

/** Undefined where a recording does not hold the journal. Never rejects: without the journal nothing is reported. */
export async function readLastBoot(
  host: Host,
  { boot, start, tries = 0 }: { readonly boot: string; readonly start: number; readonly tries?: number },
): Promise<LastBootLog | undefined> {
  const booted = Math.round(start / 1000) * 1000
  const about: LastBoot = { readIn: boot, tries: tries + 1, booted }
  try {
    const end = await readEnd(host)
    if (typeof end === 'string') return { about: { ...about, closed: end }, kills: [], start: 0 }
    if (!end || end.ended >= start) return { about, kills: [], start: 0 }
    const { panic, ...log } = await readKernel(host, end.start)
    const last = log.kills.at(-1)
    const starved = log.kills.findLast((it) => it.scope !== 'cgroup')
    const at = ({ uptime }: Kill) => Math.round(end.start + uptime / 1000)
    return {
      ...log,
      start: end.start,
      about: {
        ...about,
        id: end.id,
        ended: end.ended,
        ...(end.orderly && { orderly: true }),
        ...(last && {
          kills: log.kills.length,
          last: at(last),
          who: printable(last.comm),
        }),
        ...(starved && { starved: at(starved) }),
        ...(panic && { panic }),
      },
    }
  } catch (error) {
    const code = error instanceof HostError ? error.code : 'failed'
    if (code === 'unrecorded') return undefined
    const closed =
      code === 'missing' ? undefined : code === 'timeout' ? slow : String((error as Error).message)
    return { about: { ...about, ...(closed && { closed }) }, kills: [], start: 0 }
  }
}

const journal = (count: number, ...more: readonly string[]) =>
  ['journalctl', '--boot=-1', `--lines=${count}`, '--output=json', '--no-pager', ...more] as const

/** The ids of the journal's own last message, and of the one about a requested shutdown (systemd, sd-messages.h). */
const stopped = 'd93fb3c9c24d451a97cea615ce59c00b'
const shutdown = '98268866d1d54a499c4e98921d93bc40'

/**
 * Whether the entry announces a shutdown, and comes from a program that is entitled to. Any user may send an entry with
 * any MESSAGE_ID; the fields with an underscore are journald's own (systemd.journal-fields(7)).
 */
const isFarewell = (it: Entry) =>
  (it.MESSAGE_ID === stopped && it._TRANSPORT === 'driver') ||
  (it.MESSAGE_ID === shutdown && it._UID === '0' && /^systemd(-logind)?$/.test(String(it._COMM)))

/** What journalctl 252 says where there is no journal, or none of that boot. */
const isNone = /no (?:persistent )?journal|no such boot|is not available/i

/** How the boot ended; a sentence if that cannot be read; undefined where there is no earlier boot. */
async function readEnd(host: Host) {
  let last: Entry | undefined
  let orderly = false
  const { stderr, exit } = await host.run(
    journal(lastEntries, '--output-fields=MESSAGE_ID,_UID,_TRANSPORT,_COMM'),
    {
      timeout,
      limit: 4 * 1024 * 1024,
      line(line) {
        const entry = journalEntry(line)
        if (!entry) return
        last = entry
        orderly ||= isFarewell(entry)
      },
    },
  )
  const id = String(last?._BOOT_ID)
  const ended = Number(last?.__REALTIME_TIMESTAMP) / 1000
  const start = ended - Number(last?.__MONOTONIC_TIMESTAMP) / 1000
  // With a missing or damaged field these are no numbers, and the comparison fails.
  if (/^[0-9a-f]{32}$/.test(id) && start > 0 && start <= ended)
    return { id, ended: Math.round(ended), start, orderly }
  if (/insufficient permissions|permission denied|not seeing messages/i.test(stderr))
    return 'the journal is closed to this user'
  if (isNone.test(stderr)) return undefined
  // A boot that it knows has an entry, and of one that it does not know it says so.
  const what = last ? 'entries without a boot or a time' : stderr.trim().slice(0, 200) || 'nothing'
  return `journalctl says ${printable(what, 200)} (exit code ${exit})`
}

/**
 * The kills of that boot, and its panic. Fragments of a line are not joined, because the journal does not mark them.
 */
async function readKernel(host: Host, start: number) {
  let reading: Reading = {}
  let panic: string | undefined
  let sequence = 0
  const kills = new Map<number, Kill>()
  const fields = '--output-fields=MESSAGE,SYSLOG_FACILITY,_TRANSPORT,_SOURCE_MONOTONIC_TIMESTAMP'
  const { exit, stderr } = await host.run(journal(mostRecords, '--dmesg', fields, 'SYSLOG_FACILITY=0'), {
    timeout,
    limit: 32 * 1024 * 1024,
    line(line) {
      const entry = journalEntry(line)
      const uptime = Number(entry?._SOURCE_MONOTONIC_TIMESTAMP)
      if (!entry || !Number.isSafeInteger(uptime)) return
      // The journal has undone the kernel's escapes, and the reader of the lines will do so once more.
      const text = messageOf(entry.MESSAGE).replaceAll('\\', '\\x5c')
      if (entry._TRANSPORT !== 'kernel' || entry.SYSLOG_FACILITY !== '0') return
      panic = panicOf(text) ?? panic
      sequence += 1
      reading = readKills(
        reading,
        { sequence, uptime, continues: false, text },
        (it) => {
          kills.set(it.sequence, it)
          if (kills.size > mostKills) kills.delete(kills.keys().next().value ?? 0)
        },
        (of, change) => {
          const it = kills.get(of)
          if (it) kills.set(of, change(it))
        },
      )
    },
  })
  if (exit !== 0)
    throw new HostError(
      'failed',
      `reading the kernel's records of the boot before: exit code ${exit}: ${printable(stderr.trim(), 200)}`,
    )
  return { kills: [...kills.values()], start, panic }
}

/** `panic()` of the OOM killer: mm/oom_kill.c, check_panic_on_oom and out_of_memory, from 3.10 on. */
const panicked = form(
  String.raw`Kernel panic - not syncing: (Out of memory: (?:compulsory|system-wide) panic_on_oom is enabled|Out of memory and no killable processes\.\.\.|System is deadlocked on memory)\n?`,
)

export const panicOf = (text: string): string | undefined => panicked.exec(text)?.[1]
