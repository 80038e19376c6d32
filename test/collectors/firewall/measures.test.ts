import t from 'tap'
import { defaults } from '../../../agent/config/defaults.ts'
import { firewall } from '../../../collectors/firewall/index.ts'
import { measures } from '../../../collectors/firewall/measures.ts'
import { declaredAlone } from '../../measures.ts'

t.test('of recorded nodes', (t) => declaredAlone(t, firewall, 'firewall_rules'))

t.test('rules by family, table and owner, of both backends; those with most first', async (t) => {
  const set = {
    family: 'ipv4' as const,
    argv: [],
    rules: 3,
    policies: {},
    chains: [],
    hash: '',
    own: '',
    kube: [],
  }
  const sets = [
    { ...set, backend: 'nft' as const, cells: { 'nat kube-proxy': [2, 1] as const } },
    { ...set, backend: 'legacy' as const, cells: { 'nat kube-proxy': [5, 1] as const } },
    { ...set, backend: 'native' as const, cells: { 'inet firewalld other': [9, 1] as const } },
  ]
  const sample = { sets, conntrack: { percent: 42, most: 262_144 } }
  t.strictSame(measures.of(sample as never, defaults(firewall.settings), 0), [
    { name: 'firewall_rules', labels: { family: 'ipv4', table: 'inet firewalld', owner: 'other' }, value: 9 },
    { name: 'firewall_rules', labels: { family: 'ipv4', table: 'nat', owner: 'kube-proxy' }, value: 7 },
    { name: 'conntrack_used_ratio', value: 0.42 },
    { name: 'conntrack_limit', value: 262_144 },
  ])
})
