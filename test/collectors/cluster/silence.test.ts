import t from 'tap'
import { cluster as collector } from '../../../collectors/cluster/index.ts'
import type { ClusterApi, ClusterNode } from '../../receivers/cluster-api.ts'
import { four, murphy, notReady, ready, silent } from './machines.ts'
import { fourNodes, minute, second } from './murphys.ts'

/** What is ordinary in a cluster, and no alarm. */

const { started } = await fourNodes(t)
const lostNode4 = ['server1: cluster.node-lost node4']
const pods = [{ namespace: 'shop', name: 'db-0', owner: 'StatefulSet' }]
const fourth = (conditions: ClusterNode['conditions'], more: Partial<ClusterNode> = {}): ClusterNode => ({
  ...{ address: '127.0.0.4', conditions, pods },
  ...more,
})

/** A node as the API shows it through its steps: `[for so long, conditions]`. */
const through =
  (api: ClusterApi, name: string, now: () => number, steps: readonly [number, ClusterNode][]) => () => {
    let from = start.get(steps) ?? now()
    start.set(steps, from)
    for (const [ms, node] of steps) {
      if (now() < from + ms) {
        api.nodes.set(name, node)
        return
      }
      from += ms
    }
  }
const start = new WeakMap<object, number>()

t.test('k3s upgraded on one node after the other: 40 s NotReady each, its kubelet starting', async (t) => {
  const { api, its } = await started()
  for (const name of ['node4', 'server1', 'server2', 'server3']) {
    const was = api.nodes.get(name) as ClusterNode
    const at = its.now()
    await its.pass(
      3 * minute,
      through(api, name, its.now, [
        [
          40 * second,
          { ...was, conditions: [notReady(at, 'container runtime status check may not have completed yet')] },
        ],
        [10 * minute, { ...was, conditions: [ready(at + 40 * second)] }],
      ]),
    )
  }
  t.strictSame(its.notified(), [])
})

t.test('k3s of a node stopped for two minutes, while its machine answers; then it is reported', async (t) => {
  const { api, its, kubelets } = await started()
  kubelets.set('127.0.0.4', 'closed')
  const at = its.now()
  const away = fourth([silent(at)])
  await its.pass(
    4 * minute,
    through(api, 'node4', its.now, [
      [2 * minute, away],
      [10 * minute, fourth([ready(at + 2 * minute)])],
    ]),
  )
  t.strictSame(its.notified(), [])
  api.nodes.set('node4', fourth([silent(its.now())]))
  await its.pass(200 * second)
  t.strictSame(its.notified(), lostNode4)
  t.match(its.of('server1').ledger.at(-1), {
    title: 'k3s stopped: node4 (NotReady)',
    text: /The machine answers, but refuses :10250: k3s is likely stopped there/,
    fix: [/systemctl status k3s-agent/, /systemctl start k3s-agent/, /delete node/],
  })
})

t.test('scaled down: marked as leaving, silent, and then deleted; or deleted at once', async (t) => {
  const { api, its } = await started()
  const taints = [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }]
  api.nodes.set('node4', fourth([silent(its.now())], { taints }))
  await its.pass(20 * minute)
  api.nodes.delete('node4')
  await its.pass(minute)
  t.strictSame(its.notified(), [])
})

t.test('a spot node is cordoned, falls silent with pods on it, and is deleted by its cloud', async (t) => {
  const { api, its } = await started()
  api.nodes.set('node4', fourth([silent(its.now())], { cordoned: true }))
  await its.pass(4 * minute)
  t.strictSame(its.notified(), [])
  await its.pass(2 * minute)
  t.strictSame(its.notified(), lostNode4, 'nobody deletes it')
})

t.test('a node that has never been Ready', async (t) => {
  const { api, its } = await started()
  const at = its.now()
  const never = {
    ...silent(at),
    reason: 'NodeStatusNeverUpdated',
    message: 'Kubelet never posted node status.',
  }
  api.nodes.set('new', fourth([never]))
  const created = `${new Date(at).toISOString().slice(0, 19)}Z`
  api.nodes.set('slow', fourth([notReady(at, 'cni plugin not initialized')], { created }))
  await its.pass(9 * minute)
  t.strictSame(its.notified(), [])
})

t.test('an order to reboot, by clocks that are an hour apart', async (t) => {
  for (const skew of [-60 * minute, 60 * minute]) {
    const { api, its } = await started()
    const at = its.now() + skew
    api.nodes.set('node4', fourth([silent(at), murphy(at - minute, 'Unknown', 'NodeRebooting', 'x')]))
    await its.pass(9 * minute)
    t.strictSame(its.notified(), [], `${skew / minute} min`)
    await its.pass(2 * minute)
    t.strictSame(its.notified(), lostNode4)
  }
})

t.test('nine nodes rebooted by order at once, of which three are asked about in a round', async (t) => {
  const { api, its } = await started()
  const at = its.now()
  const order = murphy(at - minute, 'Unknown', 'NodeRebooting', 'x')
  for (let one = 0; one < 9; one += 1) api.nodes.set(`many${one}`, fourth([silent(at), order]))
  await its.pass(3 * minute)
  t.strictSame(its.notified(), [])
  api.nodes.set('many9', fourth([silent(its.now())]))
  await its.pass(2 * minute)
  t.strictSame(
    its.notified().filter((it) => it.endsWith('many9')),
    ['server1: cluster.node-lost many9'],
    'one that nobody ordered is asked about first',
  )
})

t.test('its kubelet says that the node shuts down, then nothing, and it is back after a while', async (t) => {
  const { api, its } = await started()
  const at = its.now()
  await its.pass(
    8 * minute,
    through(api, 'node4', its.now, [
      [minute, fourth([notReady(at, 'node is shutting down')])],
      [5 * minute, fourth([silent(at + minute)])],
      [10 * minute, fourth([ready(at + 6 * minute)])],
    ]),
  )
  t.strictSame(its.notified(), [])
})

t.test('after a power cut: agents that come up two minutes after the server', async (t) => {
  const { api, its } = await started(['server1'], (api, since) => {
    four(api, since)
    for (const it of ['server2', 'server3', 'node4'])
      api.nodes.set(it, { address: '127.0.0.9', conditions: [silent(since + 60 * minute)] })
  })
  t.strictSame(its.notified(), [])
  for (const it of api.nodes.values()) it.conditions = [ready(its.now())]
  await its.pass(5 * minute)
  t.strictSame(its.notified(), [])
})

t.test('the API was away for two minutes, and no kubelet could renew its Lease', async (t) => {
  const { api, its } = await started()
  api.fault = (path) => (path === '/ping' ? undefined : { status: 503, body: '' })
  await its.pass(2 * minute)
  api.fault = undefined
  const at = its.now()
  for (const [name, it] of api.nodes) api.nodes.set(name, { ...it, conditions: [silent(at)] })
  await its.pass(40 * second)
  for (const [name, it] of api.nodes) api.nodes.set(name, { ...it, conditions: [ready(at)] })
  await its.pass(3 * minute)
  t.strictSame(its.notified(), [])
  api.nodes.set('node4', fourth([silent(its.now())]))
  await its.pass(40 * second)
  t.strictSame(its.notified(), lostNode4, 'and then it watches as before')
})

t.test('one answer that is late, or fails, does not make it forget that it watches', async (t) => {
  const { api, its } = await started()
  api.nodes.set('node4', fourth([silent(its.now())]))
  await its.pass(10 * second)
  api.fault = () => ({ status: 503, body: '' })
  await its.pass(10 * second)
  api.fault = undefined
  await its.pass(30 * second)
  t.strictSame(its.notified(), lostNode4)
})

t.test('a server whose own k3s is stopped says nothing of others, nor right after it is back', async (t) => {
  const { api, its } = await started()
  api.fault = () => ({ status: 503, body: '' })
  its.of('server1').running = false
  await its.pass(20 * minute)
  t.strictSame(
    its.notified().filter((it) => it.startsWith('server1')),
    [],
  )
  const { sample = {} } = its.of('server1').past
  t.equal(collector.summary(sample, {}, its.now()), 'k3s stopped here, nodes as they were')
  its.of('server1').running = true
  await its.pass(2 * minute)
  t.strictSame(
    its.notified().filter((it) => it.startsWith('server1')),
    [],
    'the others may be starting as well',
  )
  await its.pass(2 * minute)
  t.strictSame(
    its.notified().filter((it) => it.startsWith('server1')),
    ['server1: cluster.cut-off server1'],
  )
})

t.test('k3s that ends and starts again for want of a quorum does not silence a server', async (t) => {
  const { api, its, peer } = await started(['server1'])
  const other = await peer('127.0.0.2')
  t.teardown(() => other.close())
  api.fault = (path) => (path === '/ping' ? undefined : { status: 503, body: '' })
  let rounds = 0
  await its.pass(4 * minute, () => {
    its.of('server1').running = rounds++ % 4 !== 0
  })
  await its.pass(minute, () => {
    its.of('server1').running = rounds++ % 4 !== 0
    t.ok(
      its.of('server1').ledger.every((it) => !it.resolved),
      'and it stays open',
    )
  })
  t.strictSame(its.notified(), ['server1: cluster.node-lost server3'])
})

t.test('all nodes lost at once are one finding about this server, and none as they come back', async (t) => {
  const { api, its } = await started(['server1'], (api, since) => {
    four(api, since)
    for (const name of ['server2', 'server3']) api.nodes.set(name, fourth([ready(since)]))
  })
  const lost = its.now()
  const names = ['server2', 'server3', 'node4']
  // Their Leases were renewed up to 10 s apart.
  await its.pass(4 * minute, () => {
    for (const [at, name] of names.entries())
      if (its.now() - lost >= at * 5 * second) api.nodes.set(name, fourth([silent(lost + at * 5 * second)]))
  })
  t.strictSame(its.notified(), ['server1: cluster.cut-off server1'])
  t.match(its.of('server1').ledger.at(-1), {
    title: 'no other node reports (3 nodes)',
    text: /^3 nodes stopped reporting to server1 at once, .*: server2, server3 and node4\. None answers from here/,
  })
  const back = its.now()
  await its.pass(4 * minute, () => {
    for (const [at, name] of names.entries())
      if (its.now() - back >= at * minute) api.nodes.set(name, fourth([ready(its.now())]))
  })
  t.strictSame(its.notified(), ['server1: cluster.cut-off server1'])
  t.ok(its.of('server1').ledger.every((it) => it.resolved))
})

t.test('kubelets that answer while none reports: the API here is shut off', async (t) => {
  const { api, its, kubelets } = await started(['server1'])
  kubelets.set('127.0.0.2', 'answers').set('127.0.0.3', 'answers').set('127.0.0.4', 'answers')
  for (const [name, it] of api.nodes)
    if (name !== 'server1') api.nodes.set(name, { ...it, conditions: [silent(its.now())] })
  await its.pass(minute)
  t.match(its.of('server1').ledger, [
    { code: 'cluster.cut-off', text: /Kubelets answer from here/, fix: [/agent firewall/, /ping/] },
  ])
})

t.test('two nodes: it says that it may be this server itself', async (t) => {
  const { api, its } = await started(['server1'], (api, since) => {
    api.nodes.set('server1', { address: '127.0.0.1', server: true, conditions: [ready(since)] })
    api.nodes.set('node4', fourth([ready(since)]))
  })
  t.equal(its.notified().length, 0)
  api.nodes.set('node4', fourth([silent(its.now())]))
  await its.pass(minute)
  t.strictSame(its.notified(), lostNode4)
  t.match(
    its.of('server1').ledger[0]?.text,
    /Or server1 itself has lost its network: it knows no other node\./,
  )
})

t.test('a cluster of one server has nobody to lose', async (t) => {
  const { its } = await started(['server1'], (api, since) => {
    api.nodes.set('server1', { address: '127.0.0.1', server: true, conditions: [silent(since)] })
  })
  await its.pass(10 * minute)
  t.strictSame(its.notified(), [])
})

t.test('servers of different versions: columns by name, refusals of the older one', async (t) => {
  const { api, its } = await started()
  api.nodes.set('node4', fourth([silent(its.now())], { cordoned: true, pods: [] }))
  // A k3s whose controller may not list pods.
  api.fault = (path, user) =>
    path.startsWith('/api/v1/pods') && user === 'system:k3s-controller'
      ? { status: 403, body: '{"message":"pods is forbidden"}' }
      : undefined
  await its.pass(4 * minute)
  t.strictSame(its.notified(), [])
})
