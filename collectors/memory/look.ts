import { type Host, type Unseen, unseen } from '../../agent/model/index.ts'
import { type PodBook, podBook, readPodBook } from '../node/pods.ts'
import { readCounters } from './counters.ts'
import { believable } from './history/account.ts'
import type { Seen } from './history/remember.ts'
import type { Named } from './history/victims.ts'
import { isSameBoot } from './history/weigh.ts'
import { isUnread, type LastBootLog, readLastBoot } from './last-boot.ts'
import { bootId, type Memory, readMemory } from './proc.ts'
import { believed, type Log, named, readLog } from './read-log.ts'
import type { MemorySample } from './sample.ts'
import { withoutSandboxes } from './sandboxes.ts'
import { type ContainerCgroup, containersOf, mostContainers, readUses } from './use.ts'

/** The codes that cannot be judged without the kernel's log. */
const ofTheLog = [
  'memory.oom-killed',
  'memory.oom-system',
  'memory.oom-storm',
  'memory.oom-repeating',
  'memory.oom-records-lost',
]

/** Awaits one answer; an error is noted with the rules that need the answer, and gives `otherwise`. */
type Or = <T>(what: string, codes: readonly string[], work: Promise<T>, otherwise: T) => Promise<T>

/** Reads everything for one collector run. The previous sample says where to read on. */
export async function look(host: Host, before: MemorySample | undefined, hold: number): Promise<Seen> {
  const blind: Unseen[] = []
  const or: Or = (what, codes, work, otherwise) =>
    work.catch((error: unknown) => {
      blind.push(unseen(what, error, codes))
      return otherwise
    })
  const memory = await or<Memory>('free memory', [], readMemory(host), {})
  const past = podBook(before?.pods ?? [])
  const book = await or('the names of pods', [], readPodBook(host), past)
  const everyPod: PodBook = { ...book, byUid: new Map([...past.byUid, ...book.byUid]) }
  const boot = await bootId(host)
  const listed = await or<readonly ContainerCgroup[] | undefined>(
    'memory cgroups',
    ['memory.container-near-limit'],
    containersOf(host),
    undefined,
  )
  const containers = listed?.slice(0, mostContainers)
  const { containers: real, sandboxes } = await withoutSandboxes(host, containers ?? [], {
    book,
    known: before?.sandboxes ?? [],
  })
  const { log, counts, counted } = await readKills(host, or, { before, boot, memory, containers })
  const now = host.now()
  const known = log ? await named(host, everyPod, log) : []
  const lastBoot = log && boot ? await lookBack(host, boot, log.start, before) : undefined
  const missed = lastBoot ? await missedIn(host, everyPod, lastBoot, before, now - hold) : []
  const used = await or(
    'how much memory containers hold',
    ['memory.container-near-limit'],
    readUses(host, real, { book, before: before?.uses ?? {}, now }),
    { uses: before?.uses ?? {}, unlimited: before?.unlimited ?? 0, left: [] },
  )
  return {
    ...{ memory, boot, book: everyPod, folders: book.folders, listed: listed?.length ?? 0 },
    ...{ counted, counts, log, known, lastBoot: lastBoot?.about, missed, used, now, unseen: blind },
    sandboxes: containers ? sandboxes : (before?.sandboxes ?? []),
  }
}

interface Around {
  readonly before: MemorySample | undefined
  readonly boot: string | undefined
  readonly memory: Memory
  readonly containers: readonly ContainerCgroup[] | undefined
}

/** Reads the log between two readings of the kernel's count, and keeps as many kills as that count confirms. */
async function readKills(host: Host, or: Or, { before, boot, memory, containers }: Around) {
  const begun = isSameBoot(before, boot)
  // The counts of cgroups are read before the log, and only if there may be a new kill.
  const counts =
    begun && memory.counted === before.account.counted
      ? undefined
      : containers && (await readCounters(host, containers))
  const read = await or<Log | undefined>('the kernel log', ofTheLog, readLog(host, boot, before), undefined)
  // The kernel counts before it prints, so this second reading includes every line just read.
  const again = begun && !read?.killed ? memory : await readMemory(host).catch((): Memory => ({}))
  const counted = { before: memory.counted, after: again.counted }
  const log = read && believed(read, believable(before?.account, boot, counted))
  return { log, counts, counted }
}

/** Reads the journal of the boot before this one, once in each boot. */
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

/**
 * The kills of that boot after the last run in it; if there was no run in it, those that are recent enough to be
 * reported.
 */
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
