import { many } from '../../agent/text/lists.ts'
import { size } from '../../agent/text/sizes.ts'
import { clock } from '../../agent/text/times.ts'
import type { Victim } from './history/victims.ts'

/** "3 kills since 03:12, last 03:40 UTC". */
export function times({
  kills,
  first,
  last,
}: {
  readonly kills: number
  readonly first: number
  readonly last: number
}): string {
  const [begun, ended] = [clock(first, last), clock(last, last)]
  const when = begun === ended ? `at ${ended}` : `since ${begun}, last ${ended}`
  return `${many(kills, 'kill')} ${when} UTC`
}

/** At which limit the kills of one subject were, and what was killed last: the end of a sentence. */
export function howKilled(it: Victim): string {
  const limit =
    it.byNode === it.kills
      ? ', as the node had no memory left'
      : it.limit !== undefined
        ? `, limit ${size(it.limit)}${it.limitOf ? ` (of ${it.limitOf})` : ''}`
        : ''
  const bare = it.unrecorded ?? 0
  if (bare === it.kills)
    return ', counted by its cgroup; the kernel log was overwritten before Murphy read it'
  const held = it.rss === undefined ? '' : ` with ${size(it.rss)}`
  const all = it.processes === undefined ? '' : `; ${it.processes} processes in all`
  const counted = bare === 0 ? '' : `; ${bare} counted by its cgroup only`
  const sure = it.inferred
    ? `; ${it.inferred === it.kills ? 'all' : it.inferred} identified by process name only, as the kernel logs less in a storm`
    : ''
  return `${limit}; ${it.kills === 1 ? '' : 'last: '}${it.comm} (pid ${it.pid})${held}${all}${sure}${counted}`
}
