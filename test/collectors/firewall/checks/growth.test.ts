import t from 'tap'
import type { Series } from '../../../../agent/model/index.ts'
import {
  conntrackFilling,
  deadlines,
  duplicates,
  growing,
} from '../../../../collectors/firewall/checks/growth.ts'
import type { RuleSet } from '../../../../collectors/firewall/rule-set.ts'
import type { FirewallSample } from '../../../../collectors/firewall/sample.ts'

const now = Date.parse('2026-11-23T03:12:10Z')
const hour = 3600_000
const set = (more: Partial<RuleSet>): RuleSet => ({
  family: 'ipv4',
  backend: 'nft',
  argv: ['iptables-nft-save'],
  rules: 100,
  cells: {},
  policies: {},
  chains: [],
  hash: '',
  own: '',
  kube: [],
  ...more,
})
const sample = (more: Partial<FirewallSample>): FirewallSample => ({
  sets: [set({})],
  ssh: { ports: { ipv4: [], ipv6: [] } },
  input: {},
  memory: { reference: {} },
  ...more,
})
const series =
  (value: (hoursAgo: number) => number, hours = 96): Series =>
  () =>
    Array.from({ length: hours }, (_, at) => ({ at: now - (hours - at) * hour, value: value(hours - at) }))

t.test('rules that grow for days are told before the node hangs', (t) => {
  const big = sample({ sets: [set({ rules: 20_000 })] })
  const rising = series((ago) => 20_000 - 200 * ago)
  t.match(growing(big, now, rising), [
    { text: /^There are 20000 iptables rules, growing by 4800 a day: 50000 in 6 d 6 h at this pace/ },
  ])
  t.match(deadlines(big, now, rising), [{ what: '50000 iptables rules', confidence: 'likely' }])
  for (const [what, course] of [
    ['level', () => 20_000],
    ['ups and downs', (ago: number) => 20_000 + 5000 * Math.sin(ago / 5)],
    ['one rollout', (ago: number) => (ago > 40 ? 8000 : 20_000)],
    ['so slowly that it takes a year', (ago: number) => 20_000 - 3 * ago],
  ] as const)
    t.same(growing(big, now, series(course)), [], what)
  t.same(growing(big, now, undefined), [], 'a single look cannot tell')
  t.same(
    growing(
      sample({}),
      now,
      series((ago) => 100 - ago),
    ),
    [],
    'a hundred rules are no trouble',
  )
  t.match(growing(sample({ sets: [set({ rules: 60_000 })] }), now, undefined), [{ text: /^There are 60000/ }])
  t.end()
})

t.test('copies: ten are too many, a few are somebody’s typing', (t) => {
  const copies = { extra: 39, chain: 'filter KUBE-ROUTER-INPUT', times: 40, text: '-A KUBE-ROUTER-INPUT `x`' }
  const [found] = duplicates(sample({ sets: [set({ copies })] }))
  t.match(found, { code: 'firewall.duplicates', subject: 'ipv4 nft' })
  t.equal(((found?.text ?? '').match(/`/g) ?? []).length, 2, 'a rule cannot leave its backticks')
  t.same(duplicates(sample({ sets: [set({ copies: { ...copies, extra: 9 } })] })), [])
  const odd = duplicates(sample({ sets: [set({ copies: { ...copies, chain: 'filter a;reboot' } })] }))
  t.notMatch(odd[0]?.fix?.join(' '), /reboot/, 'a chain’s name never becomes part of a command')
  t.end()
})

t.test('the connection table', (t) => {
  const at = (percent: number, it?: Series) =>
    conntrackFilling(sample({ conntrack: { percent, most: 262_144 } }), now, it).map(
      ({ severity, text }) => [severity, text] as const,
    )
  t.same(at(40), [])
  t.same(at(79), [])
  t.match(at(80), [['warning', /80 % full \(262144 connections\)/]])
  t.match(at(96), [['critical', /96 %/]])
  t.match(
    at(
      60,
      series((ago) => 60 - 2.2 * ago, 26),
    ),
    [['warning', /: 100 % in 18 h/]],
  )
  t.same(
    at(
      60,
      series((ago) => 60 - 10 * Math.sin(ago), 26),
    ),
    [],
  )
  t.same(conntrackFilling(sample({}), now, undefined), [])
  t.end()
})
