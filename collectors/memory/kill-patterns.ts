import type { Observation } from '../../agent/model/index.ts'
import { duration } from '../../agent/text/durations.ts'
import { listed, many } from '../../agent/text/lists.ts'
import { clock, clockUtc, iso, minute } from '../../agent/text/times.ts'
import { boutBegan } from '../node/bouts.ts'
import { repeatsUntil, stormEnds } from './history/bouts.ts'
import { quiet } from './history/victims.ts'
import type { MemoryCode } from './rules.ts'
import type { MemorySample } from './sample.ts'
import { howKilled, times } from './text.ts'

/** How many names a text lists; the rest is a number. */
const mostNames = 5

const afterStorm = 'What was killed had to start again, and may wait in CrashLoopBackOff.'
const afterwards = [
  'See who was killed: `agent memory`',
  'Raise the limit of what was killed most, or find what grew in it',
] as const

/** Many kills on the whole node within a minute. Once it is over, it is a warning for as long as it is reported. */
export function storming({ storm }: MemorySample, now: number): Observation<MemoryCode>[] {
  const { kills, first, last, until, hits = {} } = storm ?? {}
  if (kills === undefined || first === undefined || last === undefined || Number(until) < now) return []
  const names = Object.entries(hits)
    .sort((a, b) => b[1] - a[1])
    .map(([subject, its]) => `${subject} (${its})`)
  const who = listed(names, mostNames) || 'victims unknown'
  const over = now - last >= stormEnds
  const [begun, ended] = [clock(first, last), clockUtc(last, last)]
  const when = ended.startsWith(begun) ? `at ${ended}` : `from ${begun} to ${ended}`
  return [
    {
      code: 'memory.oom-storm',
      subject: 'node',
      ...(over && { severity: 'warning' as const }),
      text: over
        ? `Over: ${many(kills, 'kill')} ${when}, none since: ${who}.`
        : `${times({ kills, first, last })}: ${who}.`,
      ...(over && { impact: afterStorm, fix: [...afterwards] }),
      // Twenty kills make a storm: in the rounds before, it went on already.
      at: first,
      wellAt: first,
      latest: last,
      evidence: {
        kills,
        within: duration(last - first),
        last: iso(last),
        containers: Object.keys(hits).join(', '),
      },
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
    const began = (boutBegan(seconds, quiet / 1000) ?? 0) * 1000
    const victim = victims.find((it) => it.subject === subject)
    // Kills of the last day, of which those at once count as one; without a pause in them, all of them are known.
    const whole = victim && victim.first < Number(seconds[0]) * 1000 + 1000 ? victim : undefined
    const first = whole?.first ?? Number(seconds[0]) * 1000
    const last = whole?.last ?? Number(seconds.at(-1)) * 1000
    const kills = Math.max(whole?.kills ?? 0, seconds.length)
    const minutes = Math.round((last - first) / (kills - 1) / minute)
    const every = minutes < 1 ? 'less than a minute apart' : `about every ${minutes} min`
    return [
      {
        code: 'memory.oom-repeating' as const,
        subject,
        text: `OOMKilled ${kills} times since ${clock(first, now)}, last ${clock(last, now)} UTC, ${every}.${victim ? ` ${sentence(howKilled(victim))}` : ''}`,
        at: began,
        wellAt: began,
        latest: last,
        ...(victim?.pod && { pod: victim.pod }),
        evidence: { times: kills, within: duration(last - first), last: iso(last) },
      },
    ]
  })
}

/** ", limit 24 MiB; last: x (pid 7)" as a sentence of its own: with the times before it, it would be too long to read. */
function sentence(end: string): string {
  const text = end.replace(/^[,;] (?:as )?/, '')
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`
}

/** Kills that the kernel counted and whose lines were lost. */
export function missing({ account }: MemorySample, now: number): Observation<MemoryCode>[] {
  if (!account?.until || account.until < now) return []
  const { lost, counted, explained, before, lostOf = {} } = account
  const owners = Object.entries(lostOf).sort((a, b) => b[1] - a[1])
  const shown = owners.slice(0, mostNames).map(([subject, kills]) => `${subject} (${kills})`)
  const whose =
    owners.length > 0
      ? ` By their cgroups they hit ${shown.join(', ')}${owners.length > mostNames ? ' and others' : ''}.`
      : ''
  const earlier = before > 0 ? `, ${before} before Murphy's first check` : ''
  return [
    {
      code: 'memory.oom-records-lost',
      subject: 'node',
      text: `The kernel counts ${many(counted, 'OOM kill')} since boot: ${explained} in its log${earlier}, ${lost} not in its log (noticed ${clock(account.last ?? now, now)} UTC).${whose}`,
      evidence: { counted, explained, lost, ...(before > 0 && { 'before Murphy looked': before }) },
    },
  ]
}
