import { day, minute } from '../../../agent/text/times.ts'
import { fairly } from '../../node/fairly.ts'
import { ownerOf, weightOf } from '../owners.ts'
import type { Named } from './victims.ts'
import { quiet, subjectOf } from './victims.ts'

/** Many kills in a short time, anywhere on the node. Times are ms since the epoch. */
export interface Storm {
  /** Kills in the last minute of the log, by second, so that those of several runs can be added up. */
  readonly seconds: readonly (readonly [second: number, kills: number])[]
  /** Those of the last minute that are in no storm, with whom they hit. */
  readonly early?: readonly (readonly [second: number, subject: string, group?: string])[]
  /** The totals of its bout; absent while there is none. */
  readonly kills?: number
  readonly first?: number
  readonly last?: number
  readonly until?: number
  /** Its kills, by subject. */
  readonly hits?: Readonly<Record<string, number>>
  /** Whose storm it is, with the last kill of each: a pod or other owner, `*` for all of the node. */
  readonly of?: Readonly<Record<string, number>>
}

/** This many kills within a minute are a storm: more than twice what one container in a crash loop can cause. */
export const stormKills = 20
/** A storm is over when there was none of its kills for this long, ms. */
export const stormEnds = minute
/** A kill so much later than the last one of a storm, ms, is none of its own: that of another pod at its own limit. */
const stormPause = 10_000
/** How long after its last kill a storm is reported, ms; a later one is another. */
const held = quiet
const mostHits = 120
const others = 'other processes'

/** The name for all owners together. */
const everyone = '*'

/**
 * The storm after more kills, in their order: of one pod or other owner, or of all the node. A kill of another one at
 * its own limit is never part of the storm of one, however near: it is told as itself. Pure.
 */
export function stormOf(before: Storm | undefined, kills: readonly Named[], now: number): Storm | undefined {
  const seconds = new Map(before?.seconds)
  let early = [...(before?.early ?? [])]
  let bout = before?.until !== undefined && before.until >= now ? boutOf(before) : undefined
  for (const kill of kills) {
    const { at } = kill
    const second = Math.floor(at / 1000)
    seconds.set(second, (seconds.get(second) ?? 0) + 1)
    for (const old of seconds.keys()) if (old <= second - 60) seconds.delete(old)
    early = [...early.filter(([old]) => old > second - 60), [second, subjectOf(kill), groupOf(kill)]]
    const inMinute = [...seconds.values()].reduce((all, one) => all + one, 0)
    const going = inMinute >= stormKills ? goingOn(bout?.of ?? {}, groupOf(kill), at) : undefined
    const of = going ?? gathered(early)
    if (of === undefined) continue
    const isOf = (it: Early, index: number) =>
      going === undefined ? of === everyone || ownerIn(it) === of : index === early.length - 1
    if (bout && at - bout.last >= quiet) bout = undefined
    const own = early.filter(isOf)
    const first = bout?.first ?? (own[0]?.[0] ?? second) * 1000
    const hits = { ...bout?.hits }
    for (const [, subject] of own) {
      const its = subject in hits || Object.keys(hits).length < mostHits ? subject : others
      hits[its] = (hits[its] ?? 0) + 1
    }
    const until = Math.max(at + held, now + 5 * minute)
    const still = Object.entries(bout?.of ?? {}).filter(([, last]) => at - last < stormPause)
    const running = { ...Object.fromEntries(still), [of]: at }
    bout = { kills: (bout?.kills ?? 0) + own.length, first, last: at, until, hits, of: running }
    early = early.filter((it, index) => !isOf(it, index))
  }
  const isRecent = ([second]: readonly [number, ...unknown[]]) => now - second * 1000 < 2 * minute
  const recent = [...seconds].filter(isRecent)
  const waiting = early.filter(isRecent)
  if (recent.length === 0 && !bout) return undefined
  return { seconds: recent, ...(waiting.length > 0 && { early: waiting }), ...bout }
}

type Early = NonNullable<Storm['early']>[number]

/** Whose kill it is: all that are killed because the node ran out of memory are hit by the same. */
const groupOf = (kill: Named) => (kill.scope === 'node' ? everyone : ownerOf(subjectOf(kill)))
const ownerIn = ([, subject, group = ownerOf(subject)]: Early) => group

/** Of whom the kernel did not log whose it is: in a storm it leaves that out. */
const nobodys = 'unknown'

/** Which of the storms that go on a kill belongs to. */
function goingOn(of: Readonly<Record<string, number>>, group: string, at: number): string | undefined {
  const names = Object.keys(of).filter((it) => at - (of[it] ?? 0) < stormPause)
  if (names.includes(group)) return group
  return names.includes(everyone) ? everyone : group === nobodys ? names[0] : undefined
}

/** A storm of the node hits at least so many, none of them as often as all others together. */
const manyOwners = 3

/** Whose storm the kills of a minute are, the newest last; undefined if they are none. */
function gathered(early: readonly Early[]): string | undefined {
  if (early.length < stormKills) return undefined
  const counts = new Map<string, number>()
  for (const it of early) counts.set(ownerIn(it), (counts.get(ownerIn(it)) ?? 0) + 1)
  const [most = '', count = 0] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a))
  if (count >= stormKills) return most
  return counts.size >= manyOwners && count <= early.length / 2 ? everyone : undefined
}

type Bout = Required<Pick<Storm, 'kills' | 'first' | 'last' | 'until' | 'hits' | 'of'>>

function boutOf({ kills, first, last, until, hits = {}, of = {} }: Storm): Bout | undefined {
  return kills === undefined || first === undefined || last === undefined || until === undefined
    ? undefined
    : { kills, first, last, until, hits, of }
}

/** By subject: when it was hit within the last day, seconds since the epoch; kills at the same time count once. */
export type Repeats = Readonly<Record<string, readonly number[]>>

const dayInSeconds = day / 1000
/**
 * Seconds within which kills count as one: processes of a container end together, and the kubelet's shortest back-off
 * is 10 s.
 */
const atOnce = 5
const mostTimes = 12
/** More than a node has pods by default (110). */
const mostSubjects = 120

/** Adds kills; `evicted` are the subjects for which there was no room. */
export function addBouts(
  before: Repeats,
  kills: readonly Named[],
  now: number,
): { readonly repeats: Repeats; readonly evicted: Repeats } {
  const found = new Map(
    Object.entries(before).flatMap(([subject, times]) => {
      const left = times.filter((it) => now / 1000 - it < dayInSeconds)
      return left.length > 0 ? [[subject, left] as const] : []
    }),
  )
  for (const kill of kills) {
    const subject = subjectOf(kill)
    const second = Math.floor(kill.at / 1000)
    const times = found.get(subject) ?? []
    if (second - (times.at(-1) ?? Number.NEGATIVE_INFINITY) < atOnce) continue
    found.delete(subject)
    found.set(subject, [...times, second].slice(-mostTimes))
  }
  // Repeated kills come before single ones; of equals the newest comes first.
  const grave = ([subject, times]: readonly [string, readonly number[]]) =>
    10 * Math.min(times.length, repeating) + weightOf(subject) + (times.at(-1) ?? 0) / 1e10
  const { kept, left } = fairly([...found], mostSubjects, ([subject]) => ownerOf(subject), grave)
  return { repeats: Object.fromEntries(kept), evicted: Object.fromEntries(left) }
}

export const repeating = 3

/**
 * Until when kills of one subject count as repeating, ms since the epoch: at least three within a day, and the next
 * one, expected after the mean distance, is not long overdue. Undefined otherwise.
 */
export function repeatsUntil(times: readonly number[], hold: number): number | undefined {
  const [first, last] = [times[0], times.at(-1)]
  if (times.length < repeating || first === undefined || last === undefined) return undefined
  const distance = ((last - first) / (times.length - 1)) * 1000
  return last * 1000 + Math.max(hold, 2 * distance)
}
