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
  readonly early?: readonly (readonly [second: number, subject: string])[]
  /** The totals of its bout; absent while there is none. */
  readonly kills?: number
  readonly first?: number
  readonly last?: number
  readonly until?: number
  /** Its kills, by subject. */
  readonly hits?: Readonly<Record<string, number>>
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

/** The storm after more kills, in their order. Pure. */
export function stormOf(before: Storm | undefined, kills: readonly Named[], now: number): Storm | undefined {
  const seconds = new Map(before?.seconds)
  let early = [...(before?.early ?? [])]
  let bout = before?.until !== undefined && before.until >= now ? boutOf(before) : undefined
  for (const kill of kills) {
    const { at } = kill
    const second = Math.floor(at / 1000)
    seconds.set(second, (seconds.get(second) ?? 0) + 1)
    for (const old of seconds.keys()) if (old <= second - 60) seconds.delete(old)
    early = [...early.filter(([old]) => old > second - 60), [second, subjectOf(kill)]]
    const inMinute = [...seconds.values()].reduce((all, one) => all + one, 0)
    const goesOn = bout !== undefined && at - bout.last < stormPause && inMinute >= stormKills
    if (!goesOn && early.length < stormKills) continue
    if (bout && at - bout.last >= quiet) bout = undefined
    const until = Math.max(at + held, now + 5 * minute)
    const first = bout?.first ?? (early[0]?.[0] ?? second) * 1000
    const hits = { ...bout?.hits }
    for (const [, subject] of early) {
      const its = subject in hits || Object.keys(hits).length < mostHits ? subject : others
      hits[its] = (hits[its] ?? 0) + 1
    }
    bout = { kills: (bout?.kills ?? 0) + early.length, first, last: at, until, hits }
    early = []
  }
  const isRecent = ([second]: readonly [number, ...unknown[]]) => now - second * 1000 < 2 * minute
  const recent = [...seconds].filter(isRecent)
  const waiting = early.filter(isRecent)
  if (recent.length === 0 && !bout) return undefined
  return { seconds: recent, ...(waiting.length > 0 && { early: waiting }), ...bout }
}

type Bout = Required<Pick<Storm, 'kills' | 'first' | 'last' | 'until' | 'hits'>>

function boutOf({ kills, first, last, until, hits = {} }: Storm): Bout | undefined {
  return kills === undefined || first === undefined || last === undefined || until === undefined
    ? undefined
    : { kills, first, last, until, hits }
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
