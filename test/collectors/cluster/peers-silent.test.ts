import t from 'tap'
import type { ClusterSample } from '../../../collectors/cluster/sample.ts'
import { at, minute, place, seen } from './samples.ts'

t.test('without an API: who is silent for three minutes, by the first of those that answer', async (t) => {
  const silent = (peers: NonNullable<ClusterSample['silent']>['peers']) => ({ since: at, why: 'x', peers })
  const gone = { name: 'server2', since: at }
  const now = at + 3 * minute
  t.strictSame(
    seen({ lost: [], silent: silent([gone]) }, now).map((it) => [it.subject, it.starting]),
    [['server2', undefined]],
  )
  t.match(seen({ lost: [], silent: silent([gone]) }, now)[0], {
    impact: /The datastore that the servers share may be down/,
    fix: [/journalctl -u k3s /, /ping/, /systemctl status/, /power/],
  })
  const [shared] = seen({ lost: [], silent: silent([gone]) }, now)
  t.notMatch(shared?.avoid?.join(), /cluster-reset/, 'nothing of etcd where there is none')
  t.match(seen({ lost: [], silent: { ...silent([gone]), etcd: true } }, now)[0], {
    ...{ impact: /Without most of its servers/, fix: [/ping/], avoid: [/cluster-reset/] },
  })
  for (const [it, when] of [
    [silent([gone]), now - 1],
    [silent([{ name: 'server2', since: at + 1 }]), now],
    [{ ...silent([gone]), stopped: now }, now],
  ] as const)
    t.match(seen({ lost: [], silent: it }, when), [{ subject: 'server2', starting: true }], 'opens none')
  const second = { ...place, me: 'server2', distribution: 'k3s' as const }
  const peers = [{ name: 'server1' }, { name: 'server3', since: at }]
  t.strictSame(
    seen({ lost: [], place: second, silent: silent(peers) }, now),
    [],
    'server1 answers, and comes first',
  )
  t.match(seen({ silent: silent([]) }, now), [
    { subject: 'node3', starting: true, text: /^As of 2026-11-23 03:00:00 UTC: / },
  ])
})

t.test('401: the API answers, so nothing is said of a datastore', async (t) => {
  const silent = { since: at, why: 'x', refused: true as const, peers: [{ name: 'server2', since: at }] }
  const [one] = seen({ lost: [], silent }, at + 3 * minute)
  t.match(one?.text, /The API of server1 refuses its credentials \(401\)\. No other server answers/)
  t.equal(one?.impact, undefined)
  t.match(one?.fix, [/ping/, /systemctl status/, /power/])
})

t.test('two servers that fall silent apart stay two; at once they are one about this server', async (t) => {
  const peers = (later: number) => [
    { name: 'server2', since: at },
    { name: 'server3', since: at + later },
  ]
  const all = (later: number) =>
    seen({ lost: [], silent: { since: at, why: 'x', peers: peers(later) } }, at + 20 * minute)
  t.strictSame(
    all(5 * minute).map((it) => [it.code, it.subject]),
    [
      ['cluster.node-lost', 'server2'],
      ['cluster.node-lost', 'server3'],
    ],
  )
  t.match(all(minute), [{ code: 'cluster.cut-off', subject: 'server1', evidence: { nodes: 2 } }])
})
