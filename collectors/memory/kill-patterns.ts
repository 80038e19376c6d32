import type { Observation } from '../../agent/model/index.ts'
import { many } from '../../agent/text/lists.ts'
import { clock, iso, minute } from '../../agent/text/times.ts'
import { repeatsUntil } from './history/bouts.ts'
import type { Victim } from './history/victims.ts'
import type { MemoryCode } from './rules.ts'
import type { MemorySample } from './sample.ts'
import { times } from './text.ts'

/** How many names a text lists; the rest is a number. */
const mostNames = 5

/** Many kills on the whole node within a minute. */
export function storming(
  { storm }: MemorySample,
  victims: readonly Victim[],
  now: number,
): Observation<MemoryCode>[] {
  const { kills, first, last, until } = storm ?? {}
  if (kills === undefined || first === undefined || last === undefined || Number(until) < now) return []
  const hit = victims.filter((it) => it.last >= first).sort((a, b) => b.kills - a.kills)
  const names = hit.slice(0, mostNames).map((it) => `${it.subject} (${it.kills})`)
  const more = hit.length > mostNames ? ` and ${hit.length - mostNames} more` : ''
  return [
    {
      code: 'memory.oom-storm',
      subject: 'node',
      text: `${times({ kills, first, last })}: ${names.join(', ') || 'victims unknown'}${more}.`,
      at: first,
      evidence: { kills, last: iso(last) },
    },
  ]
}

/** The same container was killed repeatedly. */
export function again(
  { repeats = {}, victims }: MemorySample,
  hold: number,
  now: number,
): Observation<MemoryCode>[] {
  return Object.entries(repeats).flatMap(([subject, seconds]) => {
    const until = repeatsUntil(seconds, hold)
    if (until === undefined || until < now) return []
    const [first, last] = [Number(seconds[0]) * 1000, Number(seconds.at(-1)) * 1000]
    const minutes = Math.round((last - first) / (seconds.length - 1) / minute)
    const every = minutes < 1 ? 'less than a minute apart' : `about every ${minutes} min`
    const victim = victims.find((it) => it.subject === subject)
    return [
      {
        code: 'memory.oom-repeating' as const,
        subject,
        text: `Killed ${seconds.length} times since ${clock(first, now)}, last ${clock(last, now)} UTC, ${every}.`,
        at: first,
        ...(victim?.pod && { pod: victim.pod }),
        evidence: { times: seconds.length, last: iso(last) },
      },
    ]
  })
}

/** Kills that the kernel counted and whose lines were lost. */
export function missing({ account }: MemorySample, now: number): Observation<MemoryCode>[] {
  if (!account?.until || account.until < now) return []
  const { lost, counted, explained, before, lostOf = {} } = account
  const owners = Object.entries(lostOf).sort((a, b) => b[1] - a[1])
  const shown = owners.slice(0, mostNames).map(([subject, kills]) => `${subject} (${kills})`)
  const whose =
    owners.length > 0
      ? ` Their cgroups counted those of ${shown.join(', ')}${owners.length > mostNames ? ' and others' : ''}.`
      : ''
  const earlier = before > 0 ? `, ${before} from before Murphy looked` : ''
  return [
    {
      code: 'memory.oom-records-lost',
      subject: 'node',
      text: `The kernel counts ${many(counted, 'kill')} since it started: ${explained} explained by its log${earlier}, ${lost} without a record, found at ${clock(account.last ?? now, now)} UTC.${whose}`,
      evidence: { counted, explained, lost, ...(before > 0 && { 'before Murphy looked': before }) },
    },
  ]
}
