import type { Observation } from '../../../agent/model/index.ts'
import { hour, timeOfDay } from '../../../agent/text/times.ts'
import { authors, difference } from '../history/journal.ts'
import type { Code } from '../rules.ts'
import type { FirewallSample } from '../sample.ts'

/** How long a change is reported, ms. */
const news = hour

/** One finding for all changes of the last hour: the last change, and how many there were. */
export function changes({ journal = [] }: FirewallSample, now: number): Observation<Code>[] {
  const recent = journal.filter((it) => !it.quiet && now - it.at < news)
  const first = recent[0]
  const last = recent.at(-1)
  if (!first || !last) return []
  const when = last.by
    ? `at ${timeOfDay(last.at)}`
    : last.seen === undefined
      ? `before ${timeOfDay(last.at)}`
      : `between ${timeOfDay(last.seen)} and ${timeOfDay(last.at)}`
  const numbers = difference(last) || 'no count changed'
  const often =
    recent.length > 1
      ? ` ${recent.length} changes since ${timeOfDay(first.at)}: ${difference({ before: first.before, after: last.after }) || 'no count changed'}.`
      : ''
  return [
    {
      code: 'firewall.changed',
      subject: 'rules',
      at: first.at,
      text: `${authors(last)} changed the rules ${when}: ${numbers}.${often}`,
      evidence: {
        times: recent.length,
        ...(last.by?.[0] && { process: last.by[0].name }),
        // Of the change it began with, whatever was done to the rules since.
        ...(first.onlyK3s && { lost: difference(first) }),
      },
    },
  ]
}
