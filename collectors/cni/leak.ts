import type { Deadline, Observation } from '../../agent/model/index.ts'
import { many } from '../../agent/text/lists.ts'
import { date, day } from '../../agent/text/times.ts'
import { confirmedLeaks } from './pool.ts'
import type { Code } from './rules.ts'
import type { CniSample, Pool } from './sample.ts'
import { onServer } from './text.ts'

/** Leaked addresses from which on it is reported: a pod or two may die in a way that leaves an address behind. */
const noticed = 3
/** How many addresses one command holds, so that a person can read it, and a message hold it as a whole. */
const shown = 6

export interface Forecast {
  readonly at: number
  readonly confidence: 'likely' | 'rough'
  /** Addresses a day. */
  readonly pace: number
}

/**
 * When all addresses will be taken if they leak on at the same pace and the number of pods stays the same. Undefined
 * without three rises over at least six hours; `likely` from six rises over three days on, `rough` before.
 */
export function usedUp({ course, size, used }: Pool, now: number): Forecast | undefined {
  // When leaked addresses were freed, the measurement starts again: only later leaks count.
  const from = course.findLastIndex((it, index) => index > 0 && it[1] < (course[index - 1]?.[1] ?? 0))
  const since = course.slice(Math.max(0, from))
  const [first] = since
  const last = since.at(-1)
  if (!first || !last || since.length < 4 || last[0] - first[0] < day / 4) return undefined
  // Measured up to now, not to the last rise, so that the pace of a leak that has stopped goes down.
  const pace = ((last[1] - first[1]) / (now - first[0])) * day
  if (!(pace > 0)) return undefined
  const sure = since.length > 6 && last[0] - first[0] >= 3 * day ? 'likely' : 'rough'
  return { at: now + (Math.max(0, size - used) / pace) * day, confidence: sure, pace }
}

/** Reservations of sandboxes that are gone. */
export function leak(sample: CniSample, now: number): readonly Observation<Code>[] {
  const { pool } = sample
  if (!pool) return []
  const leaked = confirmedLeaks(pool.leaked, now)
  const free = Math.max(0, pool.size - pool.used)
  if (leaked.length < noticed) return []
  const forecast = usedUp(pool, now)
  const soon = free <= pool.size / 10 || (forecast && forecast.at - now < 3 * day)
  const end = forecast
    ? ` At ${forecast.pace.toFixed(1)} a day none is left ${forecast.confidence === 'rough' ? 'roughly ' : 'about '}on ${date(forecast.at)}.`
    : ''
  const some = leaked.slice(0, 3).join(', ')
  return [
    {
      code: 'cni.addresses-leaking',
      subject: pool.folder,
      ...(soon && { severity: 'critical' as const }),
      text: `${leaked.length} of ${pool.size} pod addresses are reserved for pods that no longer exist (${some}${leaked.length > 3 ? ' …' : ''}); ${free === 0 ? 'none is' : free === 1 ? '1 is' : `${free} are`} free.${end}`,
      fix: [
        `Check that no pod has these addresses${onServer(sample)}: \`kubectl get pods -A -o wide | grep -wF${leaked
          .slice(0, shown)
          .map((it) => ` -e ${it}`)
          .join('')}\``,
        `If nothing was printed, release them: \`cd ${pool.folder} && rm ${leaked.slice(0, shown).join(' ')}\``,
        ...(leaked.length > shown
          ? [`Then do the same for ${many(leaked.length - shown, 'more file')}`]
          : []),
      ],
      evidence: { leaked: leaked.length, used: pool.used, size: pool.size },
    },
  ]
}

/** The day on which the last address will be taken, where that can be told. */
export function addressDeadlines({ pool }: CniSample, now: number): readonly Deadline[] {
  const forecast = pool && usedUp(pool, now)
  return forecast ? [{ what: 'pod addresses', at: forecast.at, confidence: forecast.confidence }] : []
}
