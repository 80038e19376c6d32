import type { Past, Unseen } from '../../../agent/model/index.ts'
import { minute } from '../../../agent/text/times.ts'
import { harmless } from '../../node/kernel-log.ts'
import { stillOut, unseenOf } from '../../node/left-out.ts'
import type { PodBook } from '../../node/pods.ts'
import type { LastBoot } from '../last-boot.ts'
import type { Memory } from '../proc.ts'
import type { Log } from '../read-log.ts'
import type { MemorySample, Recent } from '../sample.ts'
import { addHigh, addPoint } from '../slope.ts'
import type { Used } from '../use.ts'
import { type Counted, withLostOf } from './account.ts'
import { addBouts, stormOf } from './bouts.ts'
import type { Counters } from './counters.ts'
import { crowded, dropped } from './crowded-out.ts'
import { addKills, heldUntil, type Named, quiet, subjectOf } from './victims.ts'
import type { Weights } from './weigh.ts'

/** What one collector run read. Times are ms since the epoch. */
export interface Seen {
  readonly memory: Memory
  readonly boot: string | undefined
  /** The pods whose names are known, including those of earlier runs. */
  readonly book: PodBook
  /** The folders of the pods that exist now. */
  readonly folders: readonly string[]
  /** How many containers there are, including those that are not read. */
  readonly listed: number
  /** The kernel's count right before and right after its log was read. */
  readonly counted: Counted
  /** The counts of pods' cgroups; undefined where they were not read. */
  readonly counts: Counters | undefined
  /** Absent where it could not be read. */
  readonly log: Log | undefined
  /** The kills of the log, with time and pod. */
  readonly known: readonly Named[]
  /** The boot before this one; only in the run that reads it, once in each boot. */
  readonly lastBoot: LastBoot | undefined
  /** Kills of that boot that were not reported then. */
  readonly missed: readonly Named[]
  readonly used: Used
  /** The pods' sandboxes, which are no containers, by the first digits of their ids. */
  readonly sandboxes: readonly string[]
  readonly now: number
  readonly unseen: readonly Unseen[]
}

const mostRecent = 30
const mostPods = 250
const mostPodBytes = 12 * 1024

/**
 * Builds the sample from the previous one, from what was read and from the comparison of log and counts. `bare`: kills
 * without a line. Pure.
 */
export function remember(
  { sample: before, at }: Pick<Past<MemorySample>, 'sample' | 'at'>,
  seen: Seen & Weights & { readonly bare: readonly Named[] },
  hold: number,
): MemorySample {
  const { memory, boot, log, known, lastBoot, missed, used, bare, counters, now } = seen
  // Murphy's very first run does not report kills that are long over.
  const recorded = before && before.cursor >= 0 ? known : known.filter((it) => now - it.at <= hold)
  const told = [...missed, ...recorded, ...bare]
  // A kill without a line happened some time since the previous run: only if that was just now is its time exact
  // enough.
  const timed = at !== undefined && now - at < minute ? told : [...missed, ...recorded]
  const account = withLostOf(seen.balance, bare.map(subjectOf))
  const node = starved(before?.node, told, now, hold)
  const storm = stormOf(before?.storm, timed, now)
  const { repeats, evicted: bouts } = addBouts(before?.repeats ?? {}, told, now)
  const { victims, evicted } = addKills(before?.victims ?? [], told, now, hold)
  const leftOut = stillOut(before?.leftOut ?? [], dropped(before, evicted, bouts, hold), now)
  const earlier = (before?.earlier ?? 0) + known.length - recorded.length + (log?.uncounted ?? 0)
  const unseen = [
    ...seen.unseen,
    ...crowded(seen.listed, used.left),
    ...unseenOf(leftOut, 'more is killed at the same time than is kept'),
  ]
  return {
    ...memory,
    ...(boot && { boot }),
    ...readUpTo(before, log),
    ...(earlier > 0 && { earlier }),
    victims,
    ...(node && { node }),
    ...(Object.keys(used.uses).length > 0 && { uses: used.uses }),
    ...(used.unlimited > 0 && { unlimited: used.unlimited }),
    ...(seen.sandboxes.length > 0 && { sandboxes: seen.sandboxes }),
    ...course(before, memory, now),
    ...(account && { account }),
    ...(Object.keys(counters).length > 0 && { counters }),
    ...(lastBoot ? { lastBoot } : before?.lastBoot && { lastBoot: before.lastBoot }),
    ...(storm && { storm }),
    ...(Object.keys(repeats).length > 0 && { repeats }),
    ...(leftOut.length > 0 && { leftOut }),
    recent: [...(before?.recent ?? []), ...told.slice(-mostRecent).map(recent)].slice(-mostRecent),
    pods: asManyAsFit(seen.folders),
    ...(unseen.length > 0 && { unseen }),
  }
}

/** How far the log has been read; as before where it could not be read. */
function readUpTo(
  before: MemorySample | undefined,
  log: Log | undefined,
): Pick<MemorySample, 'cursor' | 'lost' | 'reading'> {
  const { cursor, lost, reading } = log ?? before ?? { cursor: -1 }
  return { cursor, ...(lost && { lost }), ...(reading && { reading }) }
}

/** The kills because the node itself was out of memory, since the last ten quiet minutes, as long as they are reported. */
function starved(
  before: MemorySample['node'],
  told: readonly Named[],
  now: number,
  hold: number,
): MemorySample['node'] {
  const all = [
    ...(before && before.until >= now ? [before] : []),
    ...told
      .filter((it) => it.scope === 'node')
      .map(({ at }) => ({ kills: 1, first: at, last: at, until: heldUntil(at, now, hold) })),
  ]
  return all
    .sort((a, b) => a.first - b.first)
    .reduce<MemorySample['node']>(
      (bout, it) =>
        bout && it.first - bout.last < quiet
          ? {
              kills: bout.kills + it.kills,
              first: bout.first,
              last: Math.max(bout.last, it.last),
              until: Math.max(bout.until, it.until),
            }
          : it,
      undefined,
    )
}

/**
 * How much of the node's memory was available over time, in steps of a 256th, so that small changes leave the sample
 * unchanged.
 */
function course(
  before: MemorySample | undefined,
  { available, total }: Memory,
  now: number,
): Pick<MemorySample, 'free' | 'fullest'> {
  const second = Math.round(now / 1000)
  if (available === undefined || total === undefined)
    return {
      ...(before?.free && { free: before.free }),
      ...(before?.fullest && { fullest: before.fullest }),
    }
  const room = Math.round((256 * available) / total) * (total / 256)
  return {
    free: addPoint(before?.free ?? [], [second, room]),
    fullest: addHigh(before?.fullest ?? [], [second, total - room]),
  }
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

/** The folders of pods that fit into the sample; a node has 110 pods by default. */
function asManyAsFit(folders: readonly string[]): string[] {
  let bytes = 0
  return folders.slice(0, mostPods).filter((it) => {
    bytes += it.length + 3
    return bytes <= mostPodBytes
  })
}
