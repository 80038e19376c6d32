import t from 'tap'
import { gatherPath } from '../../../../collectors/firewall/packet/paths.ts'
import { ssh } from '../look.ts'

t.test('keeps what may decide over the probe, and forgets the rest', (t) => {
  const path = gatherPath([ssh], 'filter')
  for (const [name, policy] of [
    ['INPUT', 'DROP'],
    ['FORWARD', 'ACCEPT'],
    ['mine', '-'],
  ] as const)
    path.chain(name, policy)
  path.rule('INPUT', '-A INPUT -p udp -j ACCEPT')
  path.rule('INPUT', '-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT')
  path.rule('INPUT', '-A INPUT -j mine')
  path.rule('FORWARD', '-A FORWARD -j ACCEPT')
  path.rule('mine', '-A mine -j RETURN')
  path.rule('mine', '-A mine -j ACCEPT')
  t.equal(path.table.policies.get('INPUT'), 'DROP')
  t.same([...path.table.chains.keys()], ['INPUT', 'mine'])
  t.equal(path.table.chains.get('mine')?.length, 1, 'nothing comes after a rule that always returns')
  t.equal(path.table.lost('mine'), false)
  t.end()
})

t.test('has room for chains it knows it needs, whatever else is there', (t) => {
  const path = gatherPath([ssh], 'filter')
  path.chain('INPUT', 'DROP')
  path.chain('zz-mine', '-')
  path.rule('INPUT', '-A INPUT -j zz-mine')
  for (let at = 0; at < 10_000; at += 1) {
    path.chain(`other${at}`, '-')
    path.rule(`other${at}`, `-A other${at} -s 192.0.2.1/32 -j ACCEPT`)
  }
  path.rule('zz-mine', '-A zz-mine -s 192.0.2.1/32 -j ACCEPT')
  t.equal(path.table.chains.get('zz-mine')?.length, 1)
  t.equal(path.table.lost('zz-mine'), false)
  t.equal(path.table.lost('other9999'), true, 'what had no room is known to be unknown')
  t.ok(path.table.chains.size < 5000)
  t.end()
})

t.test('of the chains of services those are kept that are reached', (t) => {
  const path = gatherPath([ssh], 'nat')
  const chains = ['KUBE-SVC-A', 'KUBE-SEP-A', 'KUBE-SVC-B', 'KUBE-SVC-C']
  path.chain('PREROUTING', 'ACCEPT')
  for (const it of chains) path.chain(it, '-')
  path.rule('PREROUTING', '-A PREROUTING -d 10.43.0.1/32 -j KUBE-SVC-A')
  path.rule('PREROUTING', '-A PREROUTING -j KUBE-SVC-C')
  path.rule('KUBE-SEP-A', '-A KUBE-SEP-A -p tcp -j DNAT --to-destination 10.42.0.1:80')
  path.rule('KUBE-SVC-A', '-A KUBE-SVC-A -j KUBE-SEP-A')
  path.rule('KUBE-SVC-C', '-A KUBE-SVC-C -p udp -j KUBE-SVC-B')
  path.rule('KUBE-SVC-B', '-A KUBE-SVC-B -j KUBE-SEP-A')
  t.strictSame([...path.table.chains.keys()], ['PREROUTING'], 'none decides over this packet')
  t.strictSame(
    chains.filter((it) => path.table.lost(it)),
    ['KUBE-SVC-A', 'KUBE-SEP-A', 'KUBE-SVC-B'],
    'whoever comes there after all finds that nobody knows',
  )
  t.end()
})

t.test('a rule for another port is forgotten, unless it only looks like one', (t) => {
  const kept = (rule: string) => {
    const path = gatherPath([ssh], 'filter')
    path.chain('INPUT', 'DROP')
    path.rule('INPUT', `-A INPUT ${rule} -j ACCEPT`)
    return path.table.chains.has('INPUT')
  }
  t.notOk(kept('-p tcp -m comment --comment "a b" -m tcp --dport 80'))
  t.notOk(kept('-p tcp -m tcp --dport 80:90'))
  t.ok(kept('-p tcp -m tcp --dport 22'))
  t.ok(kept('-p tcp -m tcp --dport 20:80'))
  t.ok(kept('-p tcp -m tcp ! --dport 80'))
  t.ok(kept('-p tcp -m comment --comment "not --dport 80 "'))
  t.ok(kept('-p tcp -m comment --comment "x --dport 80 x \\" --dport 80 "'))
  t.notOk(kept('-p tcp -m comment --comment "x --dport 22 " -m tcp --dport 80'))
  t.ok(kept('-p tcp -m multiport --dports 80,22'))
  t.end()
})
