import type { Host, Pod } from '../../agent/model/index.ts'
import { HostError } from '../../agent/model/index.ts'
import { logRecord } from '../node/kernel-log.ts'
import type { PodBook } from '../node/pods.ts'
import { identifyPod, podOfCgroup } from '../node/pods.ts'
import type { Unrecorded } from './history/counters.ts'
import type { Named } from './history/victims.ts'
import type { Kill, Reading } from './kills.ts'
import { forgetting, readKills } from './kills.ts'
import { isKill } from './oom-lines.ts'
import { cgroupLimit, startOfLog } from './proc.ts'

/** How far the log had been read after the previous run. */
export interface Before {
  readonly boot?: string
  readonly cursor: number
  readonly lost?: number
  readonly reading?: Reading
}

/**
 * Kills beyond this number in one run are only counted. A storm has some 4,500 a minute, and a run comes twice a
 * minute.
 */
const mostKills = 10_000
/** How many cgroups' limits, and containers' names, are read in one run. */
const mostAsked = 200

/** What one run read of the kernel's log. */
export interface Log {
  readonly cursor: number
  readonly lost: number
  readonly reading: Reading
  readonly kills: readonly Kill[]
  readonly uncounted: number
  readonly start: number
  /** Lines that say that a process was killed; the kernel counts each of them. */
  readonly killed: number
  /** Lines that look the same, but that the kernel did not count. */
  readonly disbelieved?: number
}

/**
 * The log with at most `most` kills, the number that the kernel itself counted. So a line that somebody else got into
 * the log, however like the kernel's, raises no alarm. Kills with a full dump are kept first.
 */
export function believed(log: Log, most: number | undefined): Log {
  if (most === undefined || log.killed <= most) return log
  let left = most
  const kept = new Set(
    log.kills
      .toSorted((a, b) => Number(a.constraint === undefined) - Number(b.constraint === undefined))
      .filter(({ processes }) => {
        if (processes > left) return false
        left -= processes
        return true
      }),
  )
  // Earlier kills that explain later ones are forgotten, since they may not be real.
  const { recent: _, ...reading } = log.reading
  return {
    ...log,
    reading,
    kills: log.kills.filter((it) => kept.has(it)),
    uncounted: Math.min(log.uncounted, left),
    killed: most,
    disbelieved: log.killed - most,
  }
}

/** Reads on from where the previous run stopped in this boot, even if that was in another process. */
export async function readLog(host: Host, boot: string | undefined, before?: Before): Promise<Log> {
  const same = before !== undefined && (boot === undefined || before.boot === boot)
  let cursor = same ? before.cursor : -1
  let lost = same ? (before.lost ?? 0) : 0
  let reading: Reading = (same && before.reading) || {}
  let uncounted = 0
  let killed = 0
  const kills = new Map<number, Kill>()
  const kill = (it: Kill) => {
    kills.set(it.sequence, it)
    if (kills.size <= mostKills) return
    kills.delete(kills.keys().next().value ?? -1)
    uncounted += 1
  }
  const amend = (sequence: number, change: (it: Kill) => Kill) => {
    const it = kills.get(sequence)
    if (it) kills.set(sequence, change(it))
  }
  const start = await startOfLog(host)
  try {
    await host.kmsg(cursor, (text) => {
      const record = logRecord(text)
      if (!record) return
      if (cursor >= 0 && record.sequence > cursor + 1) lost += record.sequence - cursor - 1
      cursor = record.sequence
      if (record.text !== undefined && isKill(record.text)) killed += 1
      reading = readKills(reading, record, kill, amend)
    })
  } catch (error) {
    if (error instanceof HostError && error.code === 'missing')
      throw new HostError(
        'missing',
        'there is no /dev/kmsg here, as in most containers, so OOM kills cannot be seen',
        { cause: error },
      )
    throw error
  }
  const uptime = (host.now() - start) * 1000
  return {
    cursor,
    lost,
    reading: forgetting(reading, uptime),
    kills: [...kills.values()],
    uncounted,
    start,
    killed,
  }
}

/** Adds to the kills their time, their pod and, where the log left it out, their limit. */
export async function named(host: Host, book: PodBook, log: Pick<Log, 'kills' | 'start'>): Promise<Named[]> {
  const pods = new Map<string, Pod | undefined>()
  const limits = new Map<string, number | undefined>()
  const found: Named[] = []
  // The log's clock is not the one that is kept right by NTP: after weeks it is seconds ahead, and nothing was read early.
  const now = host.now()
  for (const kill of log.kills) {
    const of = podOfCgroup(kill.cgroup ?? '')
    const key = of && `${of.uid}/${of.containerId}`
    if (key && !pods.has(key) && pods.size < mostAsked) pods.set(key, await identifyPod(host, book, of))
    const pod = key === undefined ? undefined : pods.get(key)
    const { limitedBy, limit } = kill
    if (limitedBy !== undefined && limit === undefined && !limits.has(limitedBy) && limits.size < mostAsked)
      limits.set(limitedBy, await cgroupLimit(host, limitedBy))
    const reached = limit ?? limits.get(limitedBy ?? '')
    found.push({
      ...kill,
      at: Math.min(Math.round(log.start + kill.uptime / 1000), now),
      ...(of && { podUid: of.uid }),
      ...(pod && { pod }),
      ...(reached !== undefined && { limit: reached }),
    })
  }
  return found
}

/** Kills known only from the count of a cgroup, in the form of those of the log. */
export async function nameless(
  host: Host,
  book: PodBook,
  unrecorded: readonly Unrecorded[],
  at: number,
): Promise<Named[]> {
  const found: Named[] = []
  for (const { of, kills } of unrecorded) {
    const pod = await identifyPod(host, book, of)
    const one: Named = {
      ...{ sequence: -1, uptime: 0, pid: 0, comm: '', scope: 'unknown', processes: 1 },
      ...{ at, podUid: of.uid, unrecorded: true },
      ...(pod && { pod }),
    }
    found.push(...Array.from({ length: kills }, () => one))
  }
  return found
}
