import type { Host, Watch } from '../../agent/model.ts'
import type { RuleSet } from './sample.ts'
import { rolling } from './sums.ts'

/**
 * The kernel tells nobody of a change in the legacy backend (its audit record aside, which needs auditd), and
 * has no counter that could be read. Printing the rules and summing them up costs 3 ms of CPU for each
 * hundred rules or so: at this pace 0.02 % of a core.
 */
export const legacyPause = 15_000

/** Polls for the legacy rule sets that hold rules; none where there are none. */
export function legacyPolls(sets: readonly RuleSet[]): Watch[] {
  const used = sets.filter((it) => it.backend === 'legacy' && it.rules > 0)
  if (used.length === 0) return []
  return [
    {
      kind: 'poll',
      name: `legacy rules (${used.map((it) => it.family).join(', ')})`,
      pause: legacyPause,
      ask: async (host) => (await Promise.all(used.map((it) => printed(host, it.argv)))).join(' '),
    },
  ]
}

/** A sum over rules and policies; counters and dates do not count. */
async function printed(host: Host, argv: readonly string[]): Promise<string> {
  const sums = rolling()
  const { exit } = await host.run(argv, {
    line: (text) => {
      if (text.startsWith('#')) return
      sums.add(text.startsWith(':') ? text.replace(/ \[\d+:\d+\]$/, '') : text)
    },
  })
  return exit === 0 ? sums.text() : 'unreadable'
}
