import type { Host, Watch } from '../../agent/model/index.ts'
import { rolling } from './packet/sums.ts'
import type { RuleSet } from './rule-set.ts'

/**
 * The legacy backend sends no event of a change (except an audit record, which needs auditd), and has no counter that
 * could be read. Printing 89 rules costs 3.6 ms of CPU (measured over 100 times), and as much again to start the
 * process and read its output: with this pause, ms, some 0.02 % of a core.
 */
export const legacyPause = 30_000

/**
 * A poll where the legacy backend holds rules. IPv4 only, where it has any: people who flush begin there, and IPv6 can
 * wait for the next run.
 */
export function legacyPolls(sets: readonly RuleSet[]): Watch[] {
  const used = sets
    .filter((it) => it.backend === 'legacy' && it.rules > 0)
    .sort((a, b) => (a.family < b.family ? -1 : 1))
    .slice(0, 1)
  if (used.length === 0) return []
  return [
    {
      kind: 'poll',
      name: `legacy rules (${used[0]?.family})`,
      pause: legacyPause,
      ask: async (host) => (await Promise.all(used.map((it) => printed(host, it.argv)))).join(' '),
    },
  ]
}

/** A hash of rules and policies, without counters and dates. */
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
