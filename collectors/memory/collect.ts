import type { Host, Past } from '../../agent/model/index.ts'
import { remember } from './history/remember.ts'
import { weighed } from './history/weigh.ts'
import { look } from './look.ts'
import { nameless } from './read-log.ts'
import type { MemorySample } from './sample.ts'

/**
 * One round: read what the kernel log has since the last one and how much memory there is, weigh it against what the
 * kernel itself counts, ask whose the kills are of which only a count tells, and remember.
 */
export async function collect(host: Host, hold: number, past: Past<MemorySample>): Promise<MemorySample> {
  const seen = await look(host, past.sample, hold)
  const weights = weighed(past.sample, seen, hold)
  const bare = await nameless(host, seen.book, weights.unrecorded, seen.now)
  return remember(past, { ...seen, ...weights, bare }, hold)
}
