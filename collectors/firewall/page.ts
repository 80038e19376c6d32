import type { Page, View } from '../../agent/model/index.ts'
import { timestamp } from '../../agent/text/times.ts'
import { byOwner } from './cells.ts'
import type { Change } from './history/journal.ts'
import { diff } from './page/diff.ts'
import { renderFirewall } from './page/render.ts'
import { show } from './page/show.ts'
import type { RuleSet } from './rule-set.ts'
import type { FirewallSample } from './sample.ts'

/**
 * `agent firewall`: owners of the rules, policies, ufw, who changed what, and the snapshots; with `diff` and `show`.
 */
export const page: Page<FirewallSample, unknown> = {
  name: 'firewall',
  meaning: 'rules by owner, policies, ufw, changes and who made them, kept rule sets',
  trend: 'rules',
  render: renderFirewall,
  json: ({ sample }: View<FirewallSample, unknown>) => ({
    rules: sample.sets.reduce((sum, it) => sum + it.rules, 0),
    sets: sample.sets.map(counted),
    ssh: sample.ssh,
    input: sample.input,
    ufw: sample.ufw,
    blocked: sample.blocked ?? [],
    hostPorts: sample.hostPorts ?? [],
    conntrack: sample.conntrack,
    changes: (sample.journal ?? []).map(dated),
  }),
  parts: [diff, show],
}

const counted = ({
  family,
  backend,
  table,
  version,
  rules,
  cells,
  policies,
  chains,
  hidden,
  stale,
}: RuleSet) => ({
  ...{ family, backend, table, version, rules, policies, hidden, stale },
  owners: Object.fromEntries(byOwner(cells)),
  longest: chains.map(([chain, count]) => ({ chain, rules: count })),
})

const dated = ({ at, seen, by, ...change }: Change) => ({
  at: timestamp(at),
  ...(seen !== undefined && { seen: timestamp(seen) }),
  ...(by && { by: by.map((it) => ({ ...it, at: timestamp(it.at) })) }),
  ...change,
})
