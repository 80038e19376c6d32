import t from 'tap'
import { flushed } from '../../../../collectors/firewall/checks/flushed.ts'
import type { Flush, Step } from '../../../../collectors/firewall/history/flush.ts'
import type { RuleSet } from '../../../../collectors/firewall/rule-set.ts'
import type { FirewallSample } from '../../../../collectors/firewall/sample.ts'

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
const sample = (flushes: readonly Flush[], more: Partial<FirewallSample> = {}): FirewallSample => ({
  sets: [set({})],
  ssh: { ports: { ipv4: [], ipv6: [] } },
  input: {},
  memory: { reference: {}, flushes },
  ...more,
})
const needs = { 'ipv4 filter kube-router': [38, 3], 'ipv4 nat kube-proxy': [53, 3] } as const
const both: Step = {
  at: now - 3000,
  by: { name: 'iptables', pid: 25978, at: now - 3000 },
  tables: { 'ipv4 filter': { before: 38, least: 0 }, 'ipv4 nat': { before: 53, least: 0 } },
}
const flush: Flush = { subject: 'ipv4', steps: [both], needs }
const nat: Flush = {
  subject: 'ipv4 nat',
  steps: [{ ...both, tables: { 'ipv4 nat': { before: 53, least: 3 } } }],
  needs: { 'ipv4 nat kube-proxy': [53, 3] },
}
const only = (it: Flush, more?: Partial<FirewallSample>) => flushed(sample([it], more))[0]

t.test('one table: how many, whose, when, by whom', (t) => {
  t.match(only(nat), {
    code: 'firewall.flushed',
    subject: 'ipv4 nat',
    at: now - 3000,
    latest: now - 3000,
    text: 'nat flushed: 50 of 53 IPv4 rules gone, by `iptables` (pid 25978) at 03:12:07 UTC. Missing now: kube-proxy 53 of 53.',
    evidence: { family: 'ipv4', table: 'nat', before: 53, least: 3, process: 'iptables', pid: 25978 },
  })
  const { by: _, ...unheard } = nat.steps[0] as Step
  const unseen = (more: Partial<Step>) => only({ ...nat, steps: [{ ...unheard, ...more }] })
  t.match(unseen({ seen: now - 300_000 })?.text, /gone, between 03:07:10 UTC and 03:12:07 UTC\./)
  t.notOk('process' in (unseen({})?.evidence ?? {}))
  t.match(unseen({})?.text, /gone, before 03:12:07 UTC\./)
  t.end()
})

t.test('several tables and families, several steps', (t) => {
  t.match(only(flush), {
    subject: 'ipv4',
    text: /^filter and nat flushed: 91 of 91 IPv4 rules gone, by .* Missing now: kube-proxy 53 of 53, kube-router 38 of 38\.$/,
    evidence: { family: 'ipv4', table: 'filter, nat', before: 91, least: 0, now: 0 },
  })
  const partly = only(flush, { sets: [set({ 'filter kube-router': [38, 3] })] })
  t.match(partly?.text, / UTC\. Now there are 38 rules\. Missing now: kube-proxy 53 of 53\.$/)
  const steps = [
    { ...both, tables: { 'ipv4 filter': { before: 38, least: 0 }, 'ipv6 filter': { before: 9, least: 0 } } },
    {
      at: now - 1000,
      by: { name: 'nft', pid: 7, at: now - 1000 },
      tables: { 'ipv4 nat': { before: 53, least: 0 }, 'ipv4 filter': { before: 4, least: 0 } },
    },
  ]
  t.match(only({ ...flush, steps }), {
    latest: now - 1000,
    text: /^filter flushed: 47 of 47 IPv4 and IPv6 rules gone, by `iptables` .*; nat and filter flushed: 57 of 57 IPv4 rules gone, by `nft` \(pid 7\) at 03:12:09 UTC\./,
    evidence: { family: 'ipv4, ipv6', table: 'filter, nat', before: 100, pid: 25978 },
  })
  t.end()
})

t.test('each is a finding of its own', (t) => {
  const all = flushed(sample([{ ...flush, subject: 'ipv4 filter' }, nat]))
  t.same(
    all.map((it) => it.subject),
    ['ipv4 filter', 'ipv4 nat'],
  )
  t.same(flushed(sample([])), [])
  t.end()
})

t.test('what to do depends on whose rules they are', (t) => {
  const next = (it: Flush, more: Partial<FirewallSample>) => only(it, more)?.fix?.join('\n') ?? ''
  const k3s = { unit: 'k3s-agent', proxies: ['ipv4'] } as const
  const ufw = { ufw: { enabled: true }, ssh: { ports: { ipv4: [2222], ipv6: [] } } }
  t.match(
    next(flush, { k3s }),
    /^Restart k3s, which writes its rules again: `systemctl restart k3s-agent`\nThen delete the pods/,
  )
  t.match(
    next(flush, { k3s, ...ufw }),
    /^Let SSH in first: `iptables -I INPUT -p tcp --dport 2222 -j ACCEPT`\nRebuild ufw's[\s\S]*\nRestart k3s/,
  )
  t.match(next(nat, { k3s, ...ufw }), /^Restart k3s, which/, 'ufw has no rules in nat')
  t.notMatch(
    next({ ...nat, steps: [{ ...both, tables: { 'ipv4 filter': { before: 1, least: 0 } } }] }, { k3s }),
    /svclb/,
  )
  t.match(
    next(flush, {}),
    /^See which rules are missing: `agent firewall diff`\nPrint .*: `agent firewall show good`$/,
  )
  t.end()
})
