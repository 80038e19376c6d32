import t from 'tap'
import { authors, difference, keepJournal } from '../../../../collectors/firewall/history/journal.ts'
import { rolling } from '../../../../collectors/firewall/packet/sums.ts'
import type { RuleSet } from '../../../../collectors/firewall/rule-set.ts'

const now = Date.parse('2026-11-23T03:12:10Z')
const set = (cells: RuleSet['cells'], own = 'a', more: Partial<RuleSet> = {}): RuleSet => ({
  family: 'ipv4',
  backend: 'nft',
  argv: [],
  rules: 1,
  cells,
  policies: {},
  chains: [],
  hash: own,
  own,
  kube: [],
  ...more,
})
const kube = { 'nat kube-proxy': [27, 3] } as const
const before = { sets: [set(kube)] }
const heard = [{ at: now - 500, text: '# new generation 9 by process 77 (iptables)' }]
const look = (sets: readonly RuleSet[], more: object = {}) =>
  keepJournal(before, now - 9000, { sets, now, heard, flushed: false, ...more })

t.test('what is a change, and what is the ordinary life of a cluster', (t) => {
  t.same(look([set({ 'nat kube-proxy': [400, 3] })]), { journal: [], changed: false }, 'services come')
  t.same(look([set(kube, 'b')]).journal.length, 1, 'a rule of one’s own, a policy')
  t.match(look([set({ 'nat kube-proxy': [27, 5] })]).journal, [{ quiet: true }], 'k3s starts')
  t.notOk(look([set({ 'nat kube-proxy': [27, 1] })]).journal[0]?.quiet, 'somebody took a jump away')
  t.match(look([set({}, 'b')], { flushed: true }).journal, [{ quiet: true }], 'told by itself')
  t.same(look([set(kube, 'b', { stale: true })]).journal, [], 'what could not be read is no change')
  t.same(keepJournal(undefined, undefined, { sets: [], now, heard, flushed: false }).journal, [])
  const many = Array.from({ length: 50 }, () => ({ at: 1, before: {}, after: {} }))
  t.equal(
    keepJournal({ ...before, journal: many }, 0, { sets: [set(kube, 'b')], now, heard, flushed: false })
      .journal.length,
    20,
    'bounded',
  )
  t.end()
})

t.test('who it was, and from how many to how many', (t) => {
  const [change] = look([set({ ...kube, 'filter ufw': [65, 18] }, 'b')]).journal
  t.match(change, { at: now - 500, before: { 'kube-proxy': 27 }, after: { 'kube-proxy': 27, ufw: 65 } })
  t.equal(difference(change ?? { before: {}, after: {} }), 'ufw 0 → 65')
  t.equal(authors(change ?? {}), '`iptables` (pid 77)')
  t.equal(authors({}), 'Something')
  t.end()
})

t.test('what a killall leaves is told from what it cannot have done', async (t) => {
  const all = { ...kube, 'filter kube-router': [35, 3], 'nat cni': [9, 1], 'filter ufw': [65, 18] } as const
  const [was, ufw] = [{ sets: [set(all)] }, { 'filter ufw': [65, 18] } as const]
  const change = (sets: readonly RuleSet[], past = was) =>
    keepJournal(past, now - 9000, { sets, now, heard, flushed: false }).journal[0]
  t.equal(change([set(ufw)])?.onlyK3s, true)
  t.equal(change([set({ ...ufw, 'nat kube-proxy': [20, 1] })])?.onlyK3s, true, 'k3s starts again meanwhile')
  t.notOk(change([set(ufw, 'b')])?.onlyK3s, 'a rule or policy of others is another')
  t.notOk(change([set({ 'filter ufw': [64, 18] })])?.onlyK3s, 'ufw has fewer')
  t.notOk(change([set({ ...ufw, 'filter other': [1, 1] })])?.onlyK3s, 'somebody has more')
  t.notOk(
    change([set({ ...all, 'nat kube-proxy': [27, 1] })])?.onlyK3s,
    'a jump is gone, and as many rules are left',
  )
  const none = rolling().text()
  const bare = { sets: [set(kube, none)] }
  t.equal(change([], bare)?.onlyK3s, true, 'a backend without any rule is not printed any more')
  t.notOk(change([], { sets: [set(kube, 'a')] })?.onlyK3s, 'but it had a rule of others')
})
