import type { Host, Past, Pod, Sample, Unseen } from '../../agent/model.ts'
import { HostError, unseen } from '../../agent/model.ts'
import type { PodBook } from '../node/pods.ts'
import { identifyPod, podBook, podOfCgroup, readPodBook } from '../node/pods.ts'
import type { Account } from './account.ts'
import { balanced } from './account.ts'
import type { Repeats, Storm } from './bouts.ts'
import { addBouts, stormOf } from './bouts.ts'
import type { Kill, Reading } from './kills.ts'
import { forgetting, readKills } from './kills.ts'
import { isKill } from './lines.ts'
import { bootId, cgroupLimit, type Memory, readMemory, startOfLog } from './proc.ts'
import { harmless, logRecord } from './record.ts'
import type { Point } from './slope.ts'
import { addHigh, addPoint } from './slope.ts'
import type { Uses } from './use.ts'
import { readUses } from './use.ts'
import type { Named, Victim } from './victims.ts'
import { addKills, heldUntil, subjectOf } from './victims.ts'

/** What the memory collector saw and remembers. Times are ms since the epoch, sizes bytes. */
export interface MemorySample extends Sample, Memory {
  readonly boot?: string
  /** The sequence number of the last record read in this boot; -1 before the first. */
  readonly cursor: number
  /** Records of this boot that were overwritten before they were read. */
  readonly lost?: number
  /** Kills that were over before Murphy ever looked. */
  readonly earlier?: number
  readonly reading?: Reading
  readonly victims: readonly Victim[]
  /** The node itself ran out. */
  readonly node?: {
    readonly kills: number
    readonly first: number
    readonly last: number
    readonly until: number
  }
  /** The kernel's own count against its log. */
  readonly account?: Account
  readonly storm?: Storm
  /** The containers nearest to their limits, and how many have none. */
  readonly uses?: Uses
  readonly unlimited?: number
  /** How much was available. */
  readonly free?: readonly Point[]
  /** The most that was in use, of each day. */
  readonly fullest?: readonly Point[]
  /** When whom it hit, over a day. */
  readonly repeats?: Repeats
  /** The last kills one by one, newest last. */
  readonly recent: readonly Recent[]
  /** Names of the folders in /var/log/pods, for pods that are gone when their kill is read. */
  readonly pods: readonly string[]
}

export interface Recent {
  readonly at: number
  readonly subject: string
  readonly comm: string
  readonly pid: number
  readonly rss?: number
  readonly processes?: number
}

/** More kills than this in one round are only counted. A storm has some 4,500 a minute, a round is a minute. */
const mostKills = 10_000
const mostRecent = 30
const mostPods = 250
const mostPodBytes = 12 * 1024
/** Cgroups whose limit, and containers whose name, is asked for in one round. */
const mostAsked = 200

/** One round: what the kernel log has since the last one, and how much memory there is. */
export async function collect(host: Host, hold: number, past: Past<MemorySample>): Promise<MemorySample> {
  const blind: Unseen[] = []
  const or = async <T>(what: string, codes: readonly string[], work: Promise<T>, otherwise: T) =>
    work.catch((error: unknown) => {
      blind.push(unseen(what, error, codes))
      return otherwise
    })
  const before = past.sample
  const memory = await or<Memory>('free memory', [], readMemory(host), {})
  const book = await or('the names of pods', [], readPodBook(host), podBook(before?.pods ?? []))
  const boot = await bootId(host)
  const log = await or<Log | undefined>(
    'the kernel log',
    [
      'memory.oom-killed',
      'memory.oom-system',
      'memory.oom-storm',
      'memory.oom-repeating',
      'memory.oom-records-lost',
    ],
    readLog(host, boot, before),
    undefined,
  )
  const now = host.now()
  const known = log ? await named(host, book, log, before) : []
  // Whoever looks for the first time does not raise the alarm over what is long over.
  const told = before && before.cursor >= 0 ? known : known.filter((it) => now - it.at <= hold)
  const starved = told.filter((it) => it.scope === 'node')
  const node = [
    ...(before?.node && before.node.until >= now ? [before.node] : []),
    ...starved.map(({ at }) => ({ kills: 1, first: at, last: at, until: heldUntil(at, now, hold) })),
  ]
  const used = await or(
    'memory cgroups',
    ['memory.container-near-limit'],
    readUses(host, book, before?.uses ?? {}, now),
    {
      uses: before?.uses ?? {},
      unlimited: before?.unlimited ?? 0,
    },
  )
  // The first time what was counted last is the beginning: a kill between the two readings is no loss then either.
  const begun = before?.account && before.account.boot === boot
  const counted = begun ? memory.counted : (await readMemory(host).catch(() => memory)).counted
  const account = balanced(before?.account, { boot, counted, log, now, hold })
  const { available, total } = memory
  const second = Math.round(now / 1000)
  const room =
    available === undefined || total === undefined
      ? undefined
      : Math.round((256 * available) / total) * (total / 256)
  const free = room === undefined ? before?.free : addPoint(before?.free ?? [], [second, room])
  const fullest =
    room === undefined || total === undefined
      ? before?.fullest
      : addHigh(before?.fullest ?? [], [second, total - room])
  const storm = stormOf(before?.storm, told, now)
  const repeats = addBouts(before?.repeats ?? {}, told, now)
  const earlier = (before?.earlier ?? 0) + known.length - told.length + (log?.uncounted ?? 0)
  return {
    ...memory,
    ...(boot && { boot }),
    cursor: log?.cursor ?? before?.cursor ?? -1,
    ...(log ? log.lost > 0 && { lost: log.lost } : before?.lost && { lost: before.lost }),
    ...(earlier > 0 && { earlier }),
    ...(log ? { reading: log.reading } : before?.reading && { reading: before.reading }),
    victims: addKills(before?.victims ?? [], told, now, hold),
    ...(node.length > 0 && {
      node: {
        kills: node.reduce((sum, it) => sum + it.kills, 0),
        first: Math.min(...node.map((it) => it.first)),
        last: Math.max(...node.map((it) => it.last)),
        until: Math.max(...node.map((it) => it.until)),
      },
    }),
    ...(Object.keys(used.uses).length > 0 && { uses: used.uses }),
    ...(used.unlimited > 0 && { unlimited: used.unlimited }),
    ...(free && { free }),
    ...(fullest && { fullest }),
    ...(account && { account }),
    ...(storm && { storm }),
    ...(Object.keys(repeats).length > 0 && { repeats }),
    recent: [...(before?.recent ?? []), ...told.slice(-mostRecent).map(recent)].slice(-mostRecent),
    pods: remembered(book.folders),
    ...(blind.length > 0 && { unseen: blind }),
  }
}

interface Log {
  readonly cursor: number
  readonly lost: number
  readonly reading: Reading
  readonly kills: readonly Kill[]
  readonly uncounted: number
  readonly start: number
  /** Lines that say that a process was killed: the kernel counts each of them. */
  readonly killed: number
}

/** Reads on where the last round, or the last process, stopped in this boot. */
async function readLog(host: Host, boot: string | undefined, before?: MemorySample): Promise<Log> {
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
      if (record.kernel && isKill(record.text)) killed += 1
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

/** The kills with their time, their pod and, where the log left it out, their limit. */
async function named(host: Host, book: PodBook, log: Log, before?: MemorySample): Promise<Named[]> {
  const all: PodBook = { ...book, byUid: new Map([...podBook(before?.pods ?? []).byUid, ...book.byUid]) }
  const pods = new Map<string, Pod | undefined>()
  const limits = new Map<string, number | undefined>()
  const found: Named[] = []
  for (const kill of log.kills) {
    const of = podOfCgroup(kill.cgroup ?? '')
    const key = of && `${of.uid}/${of.containerId}`
    if (key && !pods.has(key) && pods.size < mostAsked) pods.set(key, await identifyPod(host, all, of))
    const pod = key === undefined ? undefined : pods.get(key)
    const { limitedBy, limit } = kill
    if (limitedBy !== undefined && limit === undefined && !limits.has(limitedBy) && limits.size < mostAsked)
      limits.set(limitedBy, await cgroupLimit(host, limitedBy))
    const reached = limit ?? limits.get(limitedBy ?? '')
    found.push({
      ...kill,
      at: Math.round(log.start + kill.uptime / 1000),
      ...(of && { podUid: of.uid }),
      ...(pod && { pod }),
      ...(reached !== undefined && { limit: reached }),
    })
  }
  return found
}

const recent = (kill: Named): Recent => ({
  at: kill.at,
  subject: subjectOf(kill),
  comm: harmless(kill.comm),
  pid: kill.pid,
  ...(kill.anonRss !== undefined && { rss: kill.anonRss }),
  ...(kill.processes > 1 && { processes: kill.processes }),
})

/** As many as fit; a node has 110 pods unless told otherwise. */
function remembered(folders: readonly string[]): string[] {
  let bytes = 0
  return folders.slice(0, mostPods).filter((it) => {
    bytes += it.length + 3
    return bytes <= mostPodBytes
  })
}
