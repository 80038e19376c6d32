import { collector, type Past } from '../../agent/model/index.ts'
import { assess } from './assess.ts'
import { byOwner } from './cells.ts'
import { deadlines } from './checks/growth.ts'
import { collect } from './collect.ts'
import { resultsFolder } from './dump/sandboxes.ts'
import { sshFiles } from './dump/sshconf.ts'
import { ufwFiles } from './dump/ufw.ts'
import { relevantLines } from './history/author.ts'
import { legacyPolls } from './legacy-poll.ts'
import { measures } from './measures.ts'
import { page } from './page.ts'
import { cellsOf } from './rule-set.ts'
import { rules } from './rules.ts'
import type { FirewallSample } from './sample.ts'
import { summary } from './summary.ts'

/**
 * The iptables rules of both backends and both families and the native nftables tables: whether they still do what k3s,
 * ufw and people need, and who changed them.
 *
 * `nft monitor` reports changes in the nft backend at once; reading rules creates no new generation, so a run never
 * wakes itself. The legacy backend sends no events and is polled where it is in use. With a run every five minutes the
 * idle cost stays near 0.01 % of a core (measured before native tables were added: 25 ms, and two processes of 5 ms;
 * `nft list tables` takes 3 ms more).
 */
export const firewall = collector({
  name: 'firewall',
  title: 'Firewall',
  every: '20 */5 * * * *',
  woken:
    "rules change (`nft monitor`, or a poll every half minute where only the legacy backend is in use), ufw's or sshd's files change, or pods start and end",
  timeout: 90_000,
  rules,
  measures,
  page,
  settings: {},
  collect: (host, _settings, past: Past<FirewallSample>) => collect(host, past),
  assess: (sample, past, _settings, now) => assess(sample, now, past.series),
  summary: (sample) => summary(sample),
  series: (sample) => {
    const cells = cellsOf(sample.sets)
    const owners = byOwner(cells).map(([owner, count]) => [`rules.${owner}`, count] as const)
    return {
      rules: sample.sets.reduce((sum, it) => sum + it.rules, 0),
      ...Object.fromEntries(owners),
      ...(sample.conntrack && { conntrack: sample.conntrack.percent }),
    }
  },
  deadlines: (sample, _settings, now, series) => deadlines(sample, now, series),
  watch: (_settings, sample) => [
    ...(sample?.monitor
      ? [{ kind: 'command' as const, argv: [sample.monitor, 'monitor'], isRelevant: relevantLines() }]
      : []),
    ...legacyPolls(sample?.sets ?? []),
    {
      kind: 'paths' as const,
      paths: [...ufwFiles, ...sshFiles, ...(sample?.k3s ? [resultsFolder] : [])],
    },
  ],
})
