import { day, minute } from '../../../agent/text/times.ts'
import { fairly } from '../../node/fairly.ts'
import { ownerOf, weightOf } from '../owners.ts'
import type { Named } from './victims.ts'
import { subjectOf } from './victims.ts'

/** Many kills in a short time, anywhere on the node. Times are ms since the epoch. */
export interface Storm {
  /** Kills in the last minute of the log, by second, so that those of several runs can be added up. */
  readonly seconds: readonly (readonly [second: number, kills: number])[]
  /** The totals since it became a storm; absent while it is none. */
  readonly kills?: number
  readonly first?: number
  readonly last?: number
  readonly until?: number
}

/** This many kills within a minute are a storm: more than twice what one container in a crash loop can cause. */
export const stormKills = 20
/** How long after its last minute a storm is reported, ms. */
const held = 15 * minute

export function stormOf(before: Storm | undefined, kills: readonly Named[], now: number): Storm | undefined {
  const seconds = new Map(before?.seconds)
  const open = before?.until !== undefined && before.until >= now
  let { kills: sum, first, last, until }: Partial<Storm> = open ? before : {}
  for (const { at } of kills) {
    const second = Math.floor(at / 1000)
    seconds.set(second, (seconds.get(second) ?? 0) + 1)
    for (const old of seconds.keys()) if (old <= second - 60) seconds.delete(old)
    const inMinute = [...seconds.values()].reduce((all, one) => all + one, 0)
    if (inMinute < stormKills) {
      if (until !== undefined && at - (last ?? 0) < minute) sum = (sum ?? 0) + 1
      continue
    }
    sum = sum === undefined ? inMinute : sum + 1
    first ??= (seconds.keys().next().value ?? second) * 1000
    last = at
    until = Math.max(at + held, now + 5 * minute)
  }
  const recent = [...seconds].filter(([second]) => now - second * 1000 < 2 * minute)
  if (recent.length === 0 && until === undefined) return undefined
  return {
    seconds: recent,
    ...(sum !== undefined && { kills: sum }),
    ...(first !== undefined && { first }),
    ...(last !== undefined && { last }),
    ...(until !== undefined && { until }),
  }
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
