import t from 'tap'
import { assess } from '../../../collectors/cluster/assess.ts'
import type { ClusterSample, Lost } from '../../../collectors/cluster/sample.ts'

const at = Date.UTC(2026, 10, 23, 3, 0)
const minute = 60_000
const place = {
  me: 'server1',
  api: { origin: 'https://127.0.0.1:6443', authority: '/ca', certificate: '/c' },
}
const server = (name: string, ready = true) => ({
  name,
  ready,
  server: true as const,
  address: '198.51.100.1',
})
const nodes = [server('server1'), server('server2'), { name: 'node3', ready: false, address: '198.51.100.3' }]
const ready = { status: 'Unknown', reason: 'NodeStatusUnknown', message: 'x', since: at }
const lost: Lost = {
  ...{ name: 'node3', first: at + 5000, by: 'server1' },
  detail: { ready, volumes: [], volumeCount: 0, pods: { names: ['shop/db-0'], count: 1 } },
}
const sample: ClusterSample = { role: 'server', place, nodes, lost: [lost] }
const seen = (it: Partial<ClusterSample>, now = at + minute) => assess({ ...sample, ...it }, now)

t.test('a lost node: where it is, since when, what is on it, and steps for it by name', async (t) => {
  const [one, ...others] = seen({})
  t.strictSame(others, [])
  t.match(one, {
    ...{ code: 'cluster.node-lost', subject: 'node3', at },
    text: 'node3 (198.51.100.3) is NotReady since 2026-11-23 03:00:00 UTC: its kubelet reports nothing any more. It may be rebooting. On it: 1 pod (shop/db-0).',
    evidence: { state: 'lost', pods: 1, agents: 'none' },
  })
  t.match(one?.fix, [
    'See whether node3 answers: `ping -c 3 198.51.100.3`',
    /systemctl status k3s-agent/,
    /power/,
    /delete node node3/,
  ])
  const other = { name: 'node4', ready: true }
  t.notOk(seen({ nodes: [...nodes, other] })[0]?.evidence?.agents, 'another agent is Ready')
})

t.test(
  'that it may be rebooting is said for ten minutes, and where nothing is known of its end',
  async (t) => {
    const may = /It may be rebooting\./
    t.match(seen({}, at + 10 * minute - 1)[0]?.text, may)
    t.notMatch(seen({}, at + 10 * minute)[0]?.text, may)
    t.match(seen({ lost: [{ name: 'node3', first: at, by: 'server1' }] })[0]?.text, may)
    const murphy = { status: 'False', reason: 'K3sDown', message: 'k3s not running', since: at - 1000 }
    const said = { ...lost, detail: { ready, murphy, volumes: [], volumeCount: 0 } }
    t.notMatch(seen({ lost: [said] })[0]?.text, may, 'a reboot by order would have been its last word')
    t.equal(seen({})[0]?.severity, undefined, 'critical, as its rule says')
  },
)

t.test('a lost server has another unit, and is said to be one', async (t) => {
  const [one] = seen({
    nodes: [server('server1'), server('server2', false)],
    lost: [{ ...lost, name: 'server2' }],
  })
  t.match(one, { evidence: { server: true }, fix: [/ping/, /systemctl status k3s --no-pager/] })
})

t.test('what another server notifies of is no finding here, nor is anything on an agent', async (t) => {
  t.strictSame(seen({ lost: [{ ...lost, by: 'server2' }] }), [])
  t.strictSame(assess({ role: 'agent' }, at), [])
})

t.test('a reboot that does not end says that it was one', async (t) => {
  const murphy = {
    status: 'Unknown',
    reason: 'NodeRebooting',
    message: 'The node reboots, as ordered.',
    since: at - 1000,
  }
  const rebooting = { ...lost, detail: { ...lost.detail, volumes: [], volumeCount: 0, ready, murphy } }
  t.strictSame(seen({ lost: [rebooting] }), [])
  t.match(
    seen({ lost: [rebooting] }, at + 11 * minute)[0]?.text,
    /It was rebooting, as ordered, and has not come back\./,
  )
})

t.test(
  'a kubelet that lives keeps a finding open from the start, and opens one after three minutes',
  async (t) => {
    const sick = { ...ready, status: 'False', message: 'PLEG is not healthy' }
    const ill = [{ ...lost, detail: { ready: sick, volumes: [], volumeCount: 0 } }]
    t.equal(seen({ lost: ill })[0]?.starting, true)
    const [one] = seen({ lost: ill }, at + 4 * minute)
    t.match(one, {
      starting: undefined,
      severity: 'warning',
      evidence: { state: 'not-ready' },
      text: /its kubelet says: "PLEG is not healthy"\.$/,
    })
  },
)

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
  t.strictSame(seen({ lost: [], silent: silent([gone]) }, now - 1), [])
  t.strictSame(seen({ lost: [], silent: silent([{ name: 'server2', since: at + 1 }]) }, now), [])
  const second = { ...place, me: 'server2' }
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
