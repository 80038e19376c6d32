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
const by = { name: 'iptables', pid: 25978, at: now - 3000 }
const flush = { at: now - 3000, had, least: { ipv4: 0 }, by }

t.test('a flush: how many, whose, when, by whom', (t) => {
  const [found] = assess(sample({ memory: { reference: had, flush } }), now)
  t.match(found, {
    code: 'firewall.flushed',
    subject: 'iptables',
    at: now - 3000,
    evidence: { before: 91, least: 0, now: 0, process: 'iptables', pid: 25978 },
  })
  t.equal(
    found?.text,
    '`iptables` (pid 25978) took 91 of 91 IPv4 rules away at 03:12:07 UTC. Missing: kube-proxy 53 of 53, kube-router 38 of 38.',
  )
  const partly = assess(
    sample({ sets: [set({ 'filter kube-router': [38, 3] })], memory: { reference: had, flush } }),
    now,
  )
  t.match(partly[0]?.text, /took 91 of 91 .*; 38 are there now\. Missing: kube-proxy 53 of 53\.$/)
  const { by: _, ...unheard } = flush
  const silent = assess(
    sample({ memory: { reference: had, flush: { ...unheard, seen: now - 300_000 } } }),
    now,
  )
  t.match(silent[0]?.text, /^Something took 91 of 91 IPv4 rules away between 03:07:10 UTC and 03:12:07 UTC/)
  const both = { ...flush, least: { ipv4: 0, ipv6: 0 } }
  t.match(
    assess(sample({ memory: { reference: had, flush: both } }), now)[0]?.text,
    /took 100 of 100 IPv4 and IPv6 rules/,
  )
  t.end()
})

t.test('what to do depends on whose rules they are', (t) => {
  const next = (more: Partial<FirewallSample>) =>
    assess(sample({ memory: { reference: had, flush }, ...more }), now)[0]?.fix?.join('\n') ?? ''
  const k3s = { unit: 'k3s-agent', proxies: ['ipv4'] } as const
  t.match(next({ k3s }), /^Let k3s write its rules again: `systemctl restart k3s-agent`/)
  t.match(
    next({ ufw: { enabled: true }, k3s, ssh: { ports: { ipv4: [2222], ipv6: [] } } }),
    /^Keep the way in open first: `iptables -I INPUT -p tcp --dport 2222 -j ACCEPT`\nLet ufw[\s\S]*\nLet k3s/,
  )
  t.match(next({}), /^See what went: `agent firewall diff`/)
  t.end()
})

t.test('missing kube-proxy rules, and when they are not expected', (t) => {
  const k3s = { unit: 'k3s', running: { pid: 1, since: now - 10 * 60_000 }, proxies: ['ipv4'] } as const
  const codes = (more: Partial<FirewallSample>) =>
    assess(sample(more), now).map((it) => `${it.code} ${it.subject}`)
  t.same(codes({ k3s }), ['firewall.kube-chains-missing ipv4'])
  t.match(
    assess(sample({ k3s }), now)[0]?.text,
    "k3s has run for 10 min, but kube-proxy's IPv4 nat rules are all gone.",
  )
  t.same(codes({}), [])
  t.same(codes({ k3s: { ...k3s, running: { pid: 1, since: now - 60_000 } } }), [])
  t.same(codes({ k3s: { unit: 'k3s', proxies: ['ipv4'] } }), [], 'k3s does not run')
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
