import t from 'tap'
import { at, lost, minute, nodes, ready, seen, server } from './samples.ts'

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

t.test('a lost member of etcd: what would take it out, or the quorum with it', async (t) => {
  const lostServer = { lost: [{ ...lost, name: 'server2' }] }
  const of = (more: object) =>
    seen({ ...lostServer, nodes: [server('server1'), { ...server('server2', false), ...more }] })[0]
  t.match(of({ etcd: true })?.avoid, [
    /^Don't force-delete/,
    /^Don't delete the Node object while server2 may return: k3s takes its member out of etcd\.$/,
    /^Don't restart k3s on another server meanwhile: etcd may lose its quorum\.$/,
  ])
  t.equal(of({})?.avoid, undefined, 'as the rule says, with another datastore')
})

t.test('what answers on its port is no proof of what does not work there', async (t) => {
  const heard = (kubelet: 'answers' | 'closed') =>
    seen({ lost: [{ ...lost, detail: { ready, kubelet, volumes: [], volumeCount: 0 } }] }, at + 5 * minute)[0]
  t.match(
    heard('answers')?.text,
    /It answers on :10250, so the machine runs; its kubelet's reports do not arrive at the API\./,
  )
  const stopped = heard('closed')
  t.match(
    stopped?.text,
    /The machine answers, but refuses :10250: k3s is likely stopped there, or a firewall rejects it\./,
  )
  t.match(stopped?.fix?.[1], /`systemctl start k3s-agent`$/, 'what is just starting, slowly, is not ended')
})
