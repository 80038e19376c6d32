import type { Pod } from '../../../agent/model/index.ts'
import { minute } from '../../../agent/text/times.ts'
import { fairly } from '../../node/fairly.ts'
import { harmless } from '../../node/kernel-log.ts'
import { nameOf } from '../../node/pods.ts'
import type { Kill } from '../kills.ts'
import { weightOf, ownerOf as whoseIs } from '../owners.ts'
import type { Rank } from '../process-rank.ts'
import { rankOf } from '../process-rank.ts'

/**
 * All kills of one subject of which none came more than ten quiet minutes after the one before: one finding. Plain JSON, kept in the sample; times are
 * ms since the epoch, sizes bytes; names are already made harmless.
 */
export interface Victim {
  readonly subject: string
  readonly pod?: Pod
  readonly kills: number
  /** The number of killed processes, where that is more than the kills. */
  readonly processes?: number
  /** How many of the kills happened because the node was out of memory. */
  readonly byNode?: number
  /** How many were assigned to the subject by the process's name only, since the kernel left out the rest. */
  readonly inferred?: number
  /** How many have no line in the log, and are known only from the count of the cgroup. */
  readonly unrecorded?: number
  readonly first: number
  readonly last: number
  /** Until when it stays a finding. */
  readonly until: number
  /** The importance of the killed processes, if any of them has one. */
  readonly rank?: Rank
  /** Name and pid of the last process killed; empty and 0 where no kill has a line in the log. */
  readonly comm: string
  readonly pid: number
  readonly uid?: number
  readonly rss?: number
  readonly adj?: number
  readonly constraint?: string
  /** The last limit that was reached, and whose limit it is. */
  readonly limit?: number
  readonly limitOf?: string
}

/** A kill, with what the node knows of it besides the log. */
export interface Named extends Kill {
  /** Ms since the epoch. */
  readonly at: number
  /** The pod's uid from its cgroup, whether or not the pod could be named. */
  readonly podUid?: string
  readonly pod?: Pod
  /** There is no line in the log: neither its process nor its exact time is known. */
  readonly unrecorded?: true
}

/** After so long without a kill, ms, the next one is news: it begins a bout of its own, counted from 1. */
export const quiet = 10 * minute

/** More than a node has pods by default (110); a longer list would help nobody. */
const mostVictims = 120
/** How long a kill that became known late is reported at least, ms. */
const shortest = 5 * minute
const others = 'other processes'

/** Until when kills stay a finding: `hold` ms after they happened, or `shortest` after they became known. */
export const heldUntil = (at: number, now: number, hold: number) =>
  Math.max(at + hold, now + Math.min(shortest, hold))

/**
 * Adds kills, in their order, to those of earlier runs, and removes those whose time is over. If there is no room for
 * all subjects, the kills of the rest are put together under one subject. `evicted`: the subjects without room.
 */
export function addKills(
  victims: readonly Victim[],
  kills: readonly Named[],
  now: number,
  hold: number,
): { readonly victims: readonly Victim[]; readonly evicted: readonly Victim[] } {
  const before = victims.filter((it) => it.until >= now)
  const found = new Map(before.map((it) => [it.subject, it]))
  const together = (kill: Named, subject: string) =>
    found.set(subject, add(stillOn(found.get(subject), kill), kill, subject, heldUntil(kill.at, now, hold)))
  const rest = found.get(others)
  found.delete(others)
  for (const kill of kills) together(kill, subjectOf(kill))
  const { left } = fairly([...found.values()], mostVictims, (it) => whoseIs(it.subject), gravity)
  for (const it of left) found.delete(it.subject)
  if (rest) found.set(others, rest)
  const out = new Set(left.map((it) => it.subject))
  for (const kill of kills) if (out.has(subjectOf(kill))) together(kill, others)
  return { victims: [...found.values()], evicted: left }
}

/** The kills that this one belongs to: none if it is the first after ten quiet minutes. */
const stillOn = (before: Victim | undefined, { at }: Named) =>
  before && at - before.last < quiet ? before : undefined

const gravity = ({ subject, rank }: Victim) =>
  rank === 'node' ? 4 : rank === 'database' ? 3 : weightOf(subject)

/** `namespace/pod/container`, or the pod's uid if nothing names it, or the process and its cgroup. */
export function subjectOf({ pod, podUid, comm, cgroup }: Named): string {
  if (pod) return nameOf(pod)
  if (podUid) return `pod ${podUid}`
  const where = cgroup === undefined || cgroup === '/' ? '' : ` in ${harmless(cgroup, 120)}`
  return `process ${harmless(comm)}${where}`
}

function add(before: Victim | undefined, kill: Named, subject: string, until: number): Victim {
  // "Other processes" have no rank; the most important ones always keep a subject of their own.
  const rank = subject === others ? undefined : (before?.rank ?? rankOf(kill))
  const byNode = (before?.byNode ?? 0) + (kill.scope === 'node' ? 1 : 0)
  const inferred = (before?.inferred ?? 0) + (kill.inferred ? 1 : 0)
  const unrecorded = (before?.unrecorded ?? 0) + (kill.unrecorded ? 1 : 0)
  const kills = (before?.kills ?? 0) + 1
  const processes = (before?.processes ?? before?.kills ?? 0) + kill.processes
  const limit = kill.limit ?? before?.limit
  const limitOf = kill.limitedBy === undefined ? before?.limitOf : ownerOf(kill)
  return {
    subject,
    ...(kill.pod && subject !== others && { pod: kill.pod }),
    kills,
    ...(processes > kills && { processes }),
    ...(byNode > 0 && { byNode }),
    ...(inferred > 0 && { inferred }),
    ...(unrecorded > 0 && { unrecorded }),
    first: Math.min(before?.first ?? kill.at, kill.at),
    last: Math.max(before?.last ?? kill.at, kill.at),
    until: Math.max(before?.until ?? until, until),
    ...(rank && { rank }),
    ...(kill.unrecorded && before ? processOf(before) : lastOf(kill)),
    ...(limit !== undefined && { limit }),
    ...(limitOf !== undefined && { limitOf }),
  }
}

type Process = Pick<Victim, 'comm' | 'pid' | 'uid' | 'rss' | 'adj' | 'constraint'>

const lastOf = ({ comm, pid, uid, anonRss, adj, constraint }: Named): Process => ({
  comm: harmless(comm),
  pid,
  ...(uid !== undefined && { uid }),
  ...(anonRss !== undefined && { rss: anonRss }),
  ...(adj !== undefined && { adj }),
  ...(constraint !== undefined && { constraint: harmless(constraint, 40) }),
})

const processOf = ({ comm, pid, uid, rss, adj, constraint }: Victim): Process => ({
  comm,
  pid,
  ...(uid !== undefined && { uid }),
  ...(rss !== undefined && { rss }),
  ...(adj !== undefined && { adj }),
  ...(constraint !== undefined && { constraint }),
})

/** Whose limit was reached, from the path of the cgroup that has it. */
function ownerOf({ limitedBy = '', cgroup = '', podUid }: Named): string {
  const parts = limitedBy.split('/').filter(Boolean)
  if (/^kubepods(\.slice)?$/.test(parts.at(-1) ?? '')) return 'all pods'
  if (podUid === undefined) return harmless(limitedBy, 120)
  const last = parts.at(-1) ?? ''
  if (/[0-9a-f]{64}/.test(last)) return 'the container'
  if (last.includes(podUid) || last.includes(podUid.replaceAll('-', '_'))) return 'the pod'
  return limitedBy === cgroup ? 'the container' : harmless(limitedBy, 120)
}
