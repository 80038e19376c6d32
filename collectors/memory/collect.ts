import type { Host, Past } from '../../agent/model/index.ts'
import { remember } from './history/remember.ts'
import { weighed } from './history/weigh.ts'
import { look } from './look.ts'
import { nameless } from './read-log.ts'
import type { MemorySample } from './sample.ts'

/**
 * One collector run: reads the new part of the kernel log and how much memory there is, compares the log with what the
 * kernel itself counts, finds out which pods were hit by kills that only a count tells of, and remembers.
 */
export async function collect(host: Host, hold: number, past: Past<MemorySample>): Promise<MemorySample> {
  const seen = await look(host, past.sample, hold)
  const weights = weighed(past.sample, seen, hold)
  const bare = await nameless(host, seen.book, weights.unrecorded, seen.now)
  return remember(past, { ...seen, ...weights, bare }, hold)
}
