import t from 'tap'
import { renderFirewall } from '../../../../collectors/firewall/page/render.ts'
import type { FirewallSample } from '../../../../collectors/firewall/sample.ts'
import { viewOn } from '../../../agent/views.ts'

const now = Date.parse('2026-11-23T03:30:00Z')
const terminal = { color: false, width: 80 }
const set = {
  argv: [],
  hash: '',
  own: '',
  kube: [],
  version: 'v1.8.9 (nf_tables)',
  chains: [['filter ufw-before-input', 13]],
} as const
const sample: FirewallSample = {
  sets: [
    {
      ...set,
      family: 'ipv6',
      backend: 'nft',
      rules: 22,
      cells: { 'nat kube-proxy': [22, 3] },
      policies: {},
      chains: [],
    },
    {
      ...set,
      family: 'ipv4',
      backend: 'nft',
      rules: 106,
      cells: { 'nat kube-proxy': [41, 3], 'filter ufw': [65, 18] },
      policies: { 'filter INPUT': 'DROP' },
    },
  ],
  ssh: { ports: { ipv4: [22], ipv6: [] } },
  input: {
    ipv4: { verdict: 'accept', port: 22, by: '-A ufw-user-input -p tcp -m tcp --dport 22 -j ACCEPT' },
  },
  ufw: {
    enabled: true,
    input: 'DROP',
    rules: { ipv4: { user: 3, frame: 26 }, ipv6: { user: 3, frame: 71 } },
  },
  memory: { reference: {} },
  conntrack: { percent: 3, most: 262_144 },
  journal: [
    {
      at: now - 1_080_000,
      by: [{ name: 'iptables', pid: 77, at: now }],
      before: { ufw: 0 },
      after: { ufw: 65 },
    },
  ],
}

t.test('the page, to the letter', (t) => {
  const trend = [1, 2, 8].map((value, at) => ({ at, value }))
  const kept = [
    {
      id: 12,
      at: now - 1_080_000,
      size: 7000,
      about: { rules: 128, good: true, counts: {}, by: 'iptables' },
    },
  ]
  t.equal(
    renderFirewall(viewOn(sample, {}, { at: now - 12_000, now, trend, artifacts: kept }), terminal),
    `node1: 128 rules  ▂▃█ (last 24 h)  (checked 12 s ago)

                IPv4 nft  IPv6 nft
  ufw                 65         -
  kube-proxy          41        22
  all                106        22

  policies    IPv4 INPUT DROP
  longest     filter ufw-before-input 13
  SSH         IPv4 port 22 accepted:
              \`-A ufw-user-input -p tcp -m tcp --dport 22 -j ACCEPT\`
  ufw         on, incoming drop by default, 3 IPv4 and 3 IPv6 rules of yours
  iptables    v1.8.9 (nf_tables)
  conntrack   3 % of 262144

Changes
  03:12 UTC \`iptables\` (pid 77): ufw 0 → 65

Kept rule sets
    12  03:12 UTC  128 rules  (6.8 KiB)  after iptables

Changes since then: \`agent firewall diff\`. The last good rules, as input for
iptables-restore: \`agent firewall show good\`
`,
  )
  t.end()
})
