import type { NotificationRecord, Severity } from '../../model/index.ts'
import { minute } from '../../text/times.ts'

/** In how long at most so many new messages are sent, ms. */
export const budgetSpan = 10 * minute

/** Of these messages, how many only what is critical may have, and how many only the message about the rest. */
const forCritical = 2
const forRest = 1

/** When a record's new messages were sent, as far as they still count. */
export const recentRings = (rang: readonly number[] = [], now: number): readonly number[] =>
  // Absolute: a clock that was set back must not count old messages for ever.
  rang.filter((it) => Math.abs(now - it) < budgetSpan)

/** How many more new messages may be sent now. */
export interface Budget {
  /** Takes one, for a message of its own. False if there is none left for that severity. */
  take(severity: Severity): boolean
  /** Takes one, for the message about the rest. One is always left for its first. */
  takeForRest(): boolean
}

/**
 * What is left of `most` new messages in ten minutes. The last one is for the message about the rest, and two more only
 * what is critical may use: so it goes out by itself also in the middle of a flood.
 */
export function budgetOf(
  told: readonly NotificationRecord[],
  most: number = Number.POSITIVE_INFINITY,
  now: number,
): Budget {
  let left = most - told.reduce((sum, it) => sum + recentRings(it.rang, now).length, 0)
  const take = (kept: number) => {
    if (left <= kept) return false
    left -= 1
    return true
  }
  return {
    take: (severity) => take(severity === 'critical' ? forRest : forRest + forCritical),
    takeForRest: () => take(0),
  }
}
