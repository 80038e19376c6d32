import type { Measures } from '../../agent/model/index.ts'
import { ownerIn, tableIn } from './cells.ts'
import { cellsOf } from './rule-set.ts'
import type { FirewallSample } from './sample.ts'

export const measures: Measures<
  FirewallSample,
  object,
  'firewall_rules' | 'conntrack_used_ratio' | 'conntrack_limit'
> = {
  declared: {
    firewall_rules: {
      help: 'Firewall rules, of both backends, by family, table and whose they are.',
      labels: ['family', 'table', 'owner'],
    },
    conntrack_used_ratio: {
      help: 'Tracked connections as a part of what the kernel can track, to a hundredth.',
      labels: [],
    },
    conntrack_limit: { help: 'How many connections the kernel can track (nf_conntrack_max).', labels: [] },
  },
  of({ sets, conntrack }) {
    const cells = Object.entries(cellsOf(sets)).toSorted((a, b) => b[1][0] - a[1][0])
    return [
      ...cells.map(([place, [rules]]) => {
        const [family = '', ...table] = tableIn(place).split(' ')
        const labels = { family, table: table.join(' '), owner: ownerIn(place) }
        return { name: 'firewall_rules' as const, labels, value: rules }
      }),
      ...(conntrack
        ? [
            { name: 'conntrack_used_ratio' as const, value: conntrack.percent / 100 },
            { name: 'conntrack_limit' as const, value: conntrack.most },
          ]
        : []),
    ]
  },
}
