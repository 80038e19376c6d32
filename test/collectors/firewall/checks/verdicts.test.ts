import t from 'tap'
import { inputVerdict } from '../../../../collectors/firewall/checks/verdicts.ts'
import type { Read } from '../../../../collectors/firewall/dump/read.ts'
import type { Probe } from '../../../../collectors/firewall/packet/match.ts'
import { type NativeTable, nativeTable } from '../../../../collectors/firewall/packet/native.ts'
import type { RuleSet } from '../../../../collectors/firewall/rule-set.ts'
import { filter, saved, ssh } from '../look.ts'

const other: Probe = { ...ssh, port: 2222 }
const probes = [ssh, other]
const accept = (port: number) => `-A INPUT -p tcp -m tcp --dport ${port} -j ACCEPT`
const read = (rules: string, policy: string, set: Partial<RuleSet> = {}): Read => ({
  set: { family: 'ipv4', backend: 'nft', ...set } as RuleSet,
  tables: saved(filter(rules, policy), probes).tables,
  forwards: [],
  names: [],
})
const verdict = (its: readonly Read[], asked = probes, deciding: readonly string[] = []) =>
  inputVerdict(
    its,
    asked,
    { followed: [], deciding: deciding.map((table) => ({ table, hooks: ['input'] })) },
    'ipv4',
  )

t.test('one open port is a way in', (t) => {
  t.match(verdict([read('', 'DROP')]), { verdict: 'drop', port: 22, by: /policy|INPUT/ })
  t.match(verdict([read(accept(2222), 'DROP')]), { verdict: 'accept', port: 2222 })
  t.match(verdict([read('', 'ACCEPT')]), { verdict: 'accept', port: 22 })
  t.match(
    verdict([read('-A INPUT -p tcp -m tcp --dport 2222 -m owner-of-nothing --x -j ACCEPT', 'DROP')]),
    { verdict: 'maybe', port: 2222 },
    'one in doubt is better than one that is shut',
  )
  t.equal(verdict([read('', 'DROP')], []), undefined, 'nobody listens')
  t.equal(verdict([]), undefined, 'there is nothing that filters')
  t.end()
})

t.test('a packet has to pass both backends', (t) => {
  const open = read('', 'ACCEPT')
  const shut = read('', 'DROP', { backend: 'legacy' })
  t.match(verdict([open, shut]), { verdict: 'drop', backend: 'legacy' })
  t.match(verdict([shut, open]), { verdict: 'drop', backend: 'legacy' })
  t.match(verdict([open, read(accept(22), 'DROP', { backend: 'legacy' })]), { verdict: 'accept', port: 22 })
  t.end()
})

t.test('what cannot be followed leaves doubt, and no more', (t) => {
  const open = read('', 'ACCEPT')
  const native = ['inet firewalld']
  t.match(verdict([open], [ssh], native), {
    verdict: 'maybe',
    by: 'the nftables table inet firewalld decides too',
    backend: 'native',
  })
  t.match(verdict([read('', 'DROP')], [ssh], native), { verdict: 'drop' }, 'shut stays shut')
  t.match(verdict([read('', 'DROP', { hidden: ['filter'] })], [ssh]), {
    verdict: 'maybe',
    by: 'a table that only `nft` can show',
  })
  t.match(verdict([read('', 'DROP', { hidden: ['nat'] })], [ssh]), { verdict: 'drop' }, 'nat decides nothing')
  t.end()
})

t.test('a table of nftables is asked beside iptables, each of its family alone', async (t) => {
  const table = (policy: string, rules: readonly unknown[] = [], family: 'ipv4' | 'ipv6' = 'ipv4') => {
    const chain = { chain: { name: 'in', type: 'filter', hook: 'input', prio: 0, policy } }
    const made = nativeTable({ nftables: [chain, ...rules] }, 'inet mine', family)
    if (!made) throw new Error('it is not followed')
    return made
  }
  const ask = (its: readonly Read[], ...followed: readonly NativeTable[]) =>
    inputVerdict(its, [ssh], { followed, deciding: [] }, 'ipv4')
  const open = read('', 'ACCEPT')
  t.match(ask([open], table('drop')), { verdict: 'drop', backend: 'native', table: 'inet mine', base: 'in' })
  t.match(ask([], table('drop')), { verdict: 'drop' }, 'without iptables')
  t.match(ask([open], table('accept')), { verdict: 'accept' })
  t.match(ask([read('', 'DROP')], table('accept')), { verdict: 'drop', backend: 'nft' })
  t.match(ask([open], table('drop', [], 'ipv6')), { verdict: 'accept' })
  const source = { payload: { protocol: 'ip', field: 'saddr' } }
  const some = { match: { op: '==', left: source, right: { prefix: { addr: '192.0.2.0', len: 24 } } } }
  const rule = { rule: { chain: 'in', handle: 1, expr: [some, { accept: null }] } }
  t.match(ask([open], table('drop', [rule])), { verdict: 'accept', only: ['from 192.0.2.0/24'] })
})

t.test('marks and other destinations that one of them gives leave doubt in the others', async (t) => {
  const made = (hook: string, type: string, expr: readonly unknown[]) => {
    const chain = { chain: { name: 'pre', type, hook, prio: -150, policy: 'accept' } }
    const it = nativeTable(
      { nftables: [chain, { rule: { chain: 'pre', handle: 1, expr } }] },
      'inet mine',
      'ipv4',
    )
    if (!it) throw new Error('it is not followed')
    return it
  }
  const ask = (rules: string, followed: readonly NativeTable[]) =>
    inputVerdict([read(rules, 'DROP')], [ssh], { followed, deciding: [] }, 'ipv4')?.verdict
  const marked = '-A INPUT -m mark --mark 0x1/0x1 -j ACCEPT'
  const sets = made('prerouting', 'filter', [{ mangle: { key: { meta: { key: 'mark' } }, value: 1 } }])
  t.equal(ask(marked, []), 'drop')
  t.equal(ask(marked, [sets]), 'maybe')
  const sent = '-A INPUT -m conntrack --ctstate DNAT -j ACCEPT'
  t.equal(ask(sent, []), 'drop')
  t.equal(ask(sent, [made('prerouting', 'nat', [{ dnat: { addr: '10.42.0.7' } }])]), 'maybe')
})

t.test('where it depends on the place alone, the place is named', (t) => {
  t.match(verdict([read('-A INPUT -s 192.0.2.0/24 -j ACCEPT', 'DROP')], [ssh]), {
    verdict: 'accept',
    only: ['from 192.0.2.0/24'],
  })
  t.end()
})
