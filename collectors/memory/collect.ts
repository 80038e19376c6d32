import type { Host, Past, Sample, Unseen } from '../../agent/model/index.ts'
import { unseen } from '../../agent/model/index.ts'
import { minute } from '../../agent/text/times.ts'
import { harmless } from '../node/kernel-log.ts'
import type { LeftOut } from '../node/left-out.ts'
import { stillOut, unseenOf } from '../node/left-out.ts'
import type { PodBook } from '../node/pods.ts'
import { identifyPod, podBook, readPodBook } from '../node/pods.ts'
import type { Account } from './account.ts'
import { balanced, believable, withLostOf } from './account.ts'
import type { Repeats, Storm } from './bouts.ts'
import { addBouts, stormOf } from './bouts.ts'
import type { Counters, Unrecorded } from './counters.ts'
import { readCounters, reconciled } from './counters.ts'
import { crowded, dropped } from './crowd.ts'
import type { Reading } from './kills.ts'
import type { LastBoot, LastBootLog } from './last-boot.ts'
import { isUnread, readLastBoot } from './last-boot.ts'
import type { Log } from './log.ts'
import { believed, named, readLog } from './log.ts'
import { bootId, type Memory, readMemory } from './proc.ts'
import type { Point } from './slope.ts'
import { addHigh, addPoint } from './slope.ts'
import type { ContainerCgroup, Uses } from './use.ts'
import { containersOf, mostContainers, readUses } from './use.ts'
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
  /** What the pods' cgroups count, where that is not 0. */
  readonly counters?: Counters
  readonly lastBoot?: LastBoot
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
  /** What of former rounds there was no room for. */
  readonly leftOut?: readonly LeftOut[]
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
  /** No record tells of it, only the count of its cgroup. */
  readonly unrecorded?: true
}

const mostRecent = 30
const mostPods = 250
const mostPodBytes = 12 * 1024

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
  const everyPod: PodBook = {
    ...book,
    byUid: new Map([...podBook(before?.pods ?? []).byUid, ...book.byUid]),
  }
  const boot = await bootId(host)
  const begun = before?.account !== undefined && before.account.boot === boot
  const listed = await or<readonly ContainerCgroup[] | undefined>(
    'memory cgroups',
    ['memory.container-near-limit'],
    containersOf(host),
    undefined,
  )
  const containers = listed?.slice(0, mostContainers)
  // Counts are read before the log, and only if there may be a new one.
  const counts =
    begun && memory.counted === before.account.counted
      ? undefined
      : containers && (await readCounters(host, containers))
  const read = await or<Log | undefined>(
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
  // The kernel counts before it prints: of what was read now, nothing can be missing in its count.
  const again = begun && !read?.killed ? memory : await readMemory(host).catch((): Memory => ({}))
  const counted = { before: memory.counted, after: again.counted }
  const log = read && believed(read, believable(before?.account, boot, counted))
  const now = host.now()
  const known = log ? await named(host, everyPod, log) : []
  const lastBoot = log && boot ? await lookBack(host, boot, log.start, before) : undefined
  // Whoever looks for the first time does not raise the alarm over what is long over.
  const recorded = before && before.cursor >= 0 ? known : known.filter((it) => now - it.at <= hold)
  const missed = lastBoot ? await missedIn(host, everyPod, lastBoot, before, now - hold) : []
  const used = await or(
    'how much memory containers hold',
    ['memory.container-near-limit'],
    readUses(host, containers ?? [], { book, before: before?.uses ?? {}, now }),
    {
      uses: before?.uses ?? {},
      unlimited: before?.unlimited ?? 0,
      left: [],
    },
  )
  blind.push(...crowded(listed?.length ?? 0, used.left))
  const balance = balanced(before?.account, { boot, counts: counted, log, now, hold })
  const lost = begun && balance ? balance.lost - before.account.lost : 0
  const { counters, unrecorded } = reconciled(begun ? before.counters : undefined, counts, known, lost)
  const bare = await nameless(host, everyPod, unrecorded, now)
  const account = withLostOf(balance, bare.map(subjectOf))
  const told = [...missed, ...recorded, ...bare]
  const starved = told.filter((it) => it.scope === 'node')
  const node = [
    ...(before?.node && before.node.until >= now ? [before.node] : []),
    ...starved.map(({ at }) => ({ kills: 1, first: at, last: at, until: heldUntil(at, now, hold) })),
  ]
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
  // When those without a record were is not known better than since the last look.
  const timed = past.at !== undefined && now - past.at < minute ? told : [...missed, ...recorded]
  const storm = stormOf(before?.storm, timed, now)
  const { repeats, evicted: bouts } = addBouts(before?.repeats ?? {}, told, now)
  const { victims, evicted } = addKills(before?.victims ?? [], told, now, hold)
  const leftOut = stillOut(before?.leftOut ?? [], dropped(before, evicted, bouts, hold), now)
  blind.push(...unseenOf(leftOut, 'more is killed at the same time than is kept'))
  const earlier = (before?.earlier ?? 0) + known.length - recorded.length + (log?.uncounted ?? 0)
  return {
    ...memory,
    ...(boot && { boot }),
    cursor: log?.cursor ?? before?.cursor ?? -1,
    ...(log ? log.lost > 0 && { lost: log.lost } : before?.lost && { lost: before.lost }),
    ...(earlier > 0 && { earlier }),
    ...(log ? { reading: log.reading } : before?.reading && { reading: before.reading }),
    victims,
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
    ...(Object.keys(counters).length > 0 && { counters }),
    ...(lastBoot ? { lastBoot: lastBoot.about } : before?.lastBoot && { lastBoot: before.lastBoot }),
    ...(storm && { storm }),
    ...(Object.keys(repeats).length > 0 && { repeats }),
    ...(leftOut.length > 0 && { leftOut }),
    recent: [...(before?.recent ?? []), ...told.slice(-mostRecent).map(recent)].slice(-mostRecent),
    pods: remembered(book.folders),
    ...(blind.length > 0 && { unseen: blind }),
  }
}

/** The journal of the boot before this one, once in a boot. */
async function lookBack(
  host: Host,
  boot: string,
  start: number,
  before: MemorySample | undefined,
): Promise<LastBootLog | undefined> {
  const known = before?.lastBoot
  if (!isUnread(boot, known)) return undefined
  return readLastBoot(host, { boot, start, ...(known?.readIn === boot && { tries: known.tries }) })
}

/** What it killed after the last look in it; of a boot in which nobody looked, what is not long over. */
async function missedIn(
  host: Host,
  book: PodBook,
  { about, kills, start }: LastBootLog,
  before: MemorySample | undefined,
  from: number,
): Promise<Named[]> {
  const looked = about.id !== undefined && about.id === before?.boot?.replaceAll('-', '')
  const known = before?.reading?.last?.uptime ?? -1
  const fresh = kills.filter((it) => (looked ? it.uptime > known : start + it.uptime / 1000 >= from))
  return named(host, book, { kills: fresh, start })
}

/** Kills that only the count of a cgroup tells of, as if the log had them. */
async function nameless(
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

const recent = (kill: Named): Recent => ({
  at: kill.at,
  subject: subjectOf(kill),
  comm: harmless(kill.comm),
  pid: kill.pid,
  ...(kill.anonRss !== undefined && { rss: kill.anonRss }),
  ...(kill.processes > 1 && { processes: kill.processes }),
  ...(kill.unrecorded && { unrecorded: true as const }),
})

/** As many as fit; a node has 110 pods unless told otherwise. */
function remembered(folders: readonly string[]): string[] {
  let bytes = 0
  return folders.slice(0, mostPods).filter((it) => {
    bytes += it.length + 3
    return bytes <= mostPodBytes
  })
}
