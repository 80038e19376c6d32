import t from 'tap'
import { assess } from '../../../collectors/firewall/assess.ts'
import type { RuleSet } from '../../../collectors/firewall/rule-set.ts'
import type { FirewallSample } from '../../../collectors/firewall/sample.ts'

const now = Date.parse('2026-11-23T03:12:10Z')
const set = (cells: RuleSet['cells'], more: Partial<RuleSet> = {}): RuleSet => ({
  family: 'ipv4',
  backend: 'nft',
  rules: Object.values(cells).reduce((sum, [rules]) => sum + rules, 0),
  cells,
  policies: {},
  chains: [],
  hash: '',
  own: '',
  argv: ['iptables-nft-save'],
  kube: [],
  ...more,
})
const sample = (more: Partial<FirewallSample> = {}): FirewallSample => ({
  sets: [set({})],
  ssh: { ports: { ipv4: [], ipv6: [] } },
  input: {},
  memory: { reference: {} },
  ...more,
})
const had = {
  'ipv4 filter kube-router': [38, 3],
  'ipv4 nat kube-proxy': [53, 3],
  'ipv6 nat kube-proxy': [9, 3],
} as const
t.test('missing kube-proxy rules, and when they are not expected', (t) => {
  const k3s = { unit: 'k3s', running: { pid: 1, since: now - 10 * 60_000 }, proxies: ['ipv4'] } as const
  const codes = (more: Partial<FirewallSample>) =>
    assess(sample(more), now).map((it) => `${it.code} ${it.subject}${it.starting ? ', starting' : ''}`)
  t.same(codes({ k3s }), ['firewall.kube-chains-missing ipv4'])
  t.match(
    assess(sample({ k3s }), now)[0]?.text,
    "kube-proxy's IPv4 nat rules are all missing; k3s has run for 10 min. 0 IPv4 rules left in all.",
  )
  t.same(codes({}), [])
  t.same(
    codes({ k3s: { ...k3s, running: { pid: 1, since: now - 60_000 } } }),
    ['firewall.kube-chains-missing ipv4, starting'],
    'it opens none',
  )
  t.same(
    codes({ k3s: { unit: 'k3s', proxies: ['ipv4'] } }),
    ['firewall.kube-chains-missing ipv4, starting'],
    'k3s does not run: none is opened',
  )
  t.same(codes({ k3s: { ...k3s, proxies: [] } }), [])
  t.same(codes({ k3s, sets: [] }), [], 'no iptables, so nothing is known')
  const replaced = [set({}, { replaced: true })]
  t.same(codes({ k3s, sets: replaced }), [])
  t.same(
    codes({ k3s, sets: replaced, memory: { reference: had } }),
    ['firewall.kube-chains-missing ipv4'],
    'it was there before',
  )
  t.end()
})
