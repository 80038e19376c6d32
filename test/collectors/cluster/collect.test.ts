import t from 'tap'
import { cluster as collector } from '../../../collectors/cluster/index.ts'
import { four, murphy, notReady, ready, silent } from './machines.ts'
import { began, fourNodes, minute, second } from './murphys.ts'

const { it, started } = await fourNodes(t)

t.test(
  'a well cluster: one small request in 20 s, nothing is found, and it says who would notify',
  async (t) => {
    const { api, its } = await started()
    api.asked.length = 0
    await its.pass(minute)
    t.strictSame(its.notified(), [])
    t.equal(api.asked.length, 9, 'three servers, three times a minute')
    for (const one of api.asked)
      t.equal(one, 'GET /api/v1/nodes?includeObject=None&limit=300 as system:kube-proxy')
    const { sample = {} } = its.of('server2').past
    t.equal(collector.summary(sample, {}, its.now()), '4 nodes, all Ready; server1 notifies of lost ones')
  },
)

t.test(
  'an agent falls silent: one server notifies, within 90 s, with what was on it and its last word',
  async (t) => {
    const { api, its } = await started()
    const node = api.nodes.get('node4') as NonNullable<ReturnType<typeof api.nodes.get>>
    const lost = its.now()
    await its.pass(90 * second, () => {
      // The controller sees it 50 s after the last renewal, and looks every 5 s.
      if (its.now() - lost < 55 * second) return
      node.conditions = [
        silent(lost + 55 * second),
        murphy(
          lost - minute,
          'False',
          'K3sKubeletUnhealthy',
          'critical since 03:00 UTC: kubelet not answering on :10248. See: `agent status` on the node',
        ),
      ]
      node.pods = [
        { namespace: 'shop', name: 'db-0', owner: 'StatefulSet' },
        { namespace: 'shop', name: 'web-1' },
        { namespace: 'kube-system', name: 'svclb-x', owner: 'DaemonSet' },
      ]
      node.volumes = ['kubernetes.io/csi/driver.longhorn.io^pvc-1']
    })
    t.strictSame(its.notified(), ['server1: cluster.node-lost node4'])
    const [finding] = its.of('server1').ledger
    t.match(finding, { severity: 'critical', title: 'node lost: node4 (2 pods)', since: lost + 55 * second })
    t.match(finding?.text, /On it: 2 pods \(shop\/db-0, shop\/web-1\), 1 volume attached \(pvc-1\)\./)
    t.match(
      finding?.text,
      /Its last word from Murphy \(\d\d:\d\d UTC\): ".*kubelet not answering on :10248\."/,
    )
    node.conditions = [ready(its.now())]
    await its.pass(20 * second)
    t.ok(its.of('server1').ledger[0]?.resolved, 'and that it is back')
    t.strictSame(its.notified(), ['server1: cluster.node-lost node4'])
  },
)

t.test(
  'the server that would notify dies in the same moment: the next one does, of both, within 90 s',
  async (t) => {
    const { api, its } = await started()
    const lost = its.now()
    its.of('server1').lives = false
    await its.pass(90 * second, () => {
      if (its.now() - lost >= 50 * second)
        api.nodes.set('node4', { address: '127.0.0.4', conditions: [silent(lost + 50 * second)] })
      // Its Lease was renewed 5 s after that of the other.
      if (its.now() - lost >= 55 * second)
        api.nodes.set('server1', {
          address: '127.0.0.1',
          server: true,
          conditions: [silent(lost + 55 * second)],
        })
    })
    const both = ['server2: cluster.node-lost node4', 'server2: cluster.node-lost server1']
    t.strictSame(its.notified().sort(), both)
    // It comes back, and the agent does not: nobody is told again.
    its.of('server1').lives = true
    its.of('server1').past = { heard: [] }
    api.nodes.set('server1', {
      address: '127.0.0.1',
      server: true,
      conditions: [ready(its.now() + 2 * minute)],
    })
    await its.pass(5 * minute)
    t.strictSame(its.notified().sort(), both)
  },
)

t.test('drained, powered off or rebooting by order, deleted: nobody is notified', async (t) => {
  const { api, its } = await started()
  const at = its.now()
  const fourth = { address: '127.0.0.4', conditions: [silent(at)] }
  const order = (reason: string) => [
    silent(at),
    murphy(at - minute, 'Unknown', reason, 'The node …, as ordered'),
  ]
  api.nodes.set('drained', {
    ...fourth,
    cordoned: true,
    pods: [{ namespace: 'a', name: 'b', owner: 'DaemonSet' }],
  })
  api.nodes.set('off', { ...fourth, conditions: order('NodePoweringOff') })
  api.nodes.set('rebooting', { ...fourth, conditions: order('NodeRebooting') })
  api.nodes.delete('node4')
  await its.pass(9 * minute)
  t.strictSame(its.notified(), [])
  const { sample = {} } = its.of('server1').past
  t.equal(
    collector.summary(sample, {}, its.now()),
    '6 nodes; drained drained; off powered off by order; rebooting rebooting by order',
  )
  await its.pass(2 * minute)
  t.strictSame(its.notified(), ['server1: cluster.node-lost rebooting'], 'it does not come back')
})

t.test(
  'a kubelet that says why it is not ready has three minutes, and then its words are shown',
  async (t) => {
    const { api, its } = await started()
    const conditions = [
      notReady(its.now(), 'container runtime network not ready: cni plugin not initialized'),
    ]
    api.nodes.set('node4', { address: '127.0.0.4', conditions })
    await its.pass(170 * second)
    t.strictSame(its.notified(), [])
    await its.pass(30 * second)
    t.strictSame(its.notified(), ['server1: cluster.node-lost node4'])
    const [finding] = its.of('server1').ledger
    t.match(finding, { severity: 'warning', text: /its kubelet says: "container runtime network not ready/ })
  },
)

t.test(
  'refusals and nonsense are blindness, and pods or nodes that are refused leave the finding',
  async (t) => {
    const { api, its } = await started()
    api.nodes.set('node4', { address: '127.0.0.4', conditions: [silent(its.now())] })
    api.fault = (path) => (/\/pods|\/nodes\//.test(path) ? { status: 403, body: '{}' } : undefined)
    await its.pass(40 * second)
    t.strictSame(its.notified(), ['server1: cluster.node-lost node4'])
    t.match(its.of('server1').ledger[0], { title: 'node lost: node4 (NotReady)' })
    for (const answer of [
      { status: 403, body: '' },
      { status: 200, body: '{"rows":' },
    ]) {
      api.fault = () => answer
      await its.pass(10 * second)
      t.match(its.of('server1').past.sample?.unseen, [{ codes: ['cluster.node-lost'] }])
      t.notOk(its.of('server1').ledger[0]?.resolved, 'what is not seen is not over')
    }
  },
)

t.test('a cordoned node whose pods cannot be read may have been full: it is lost', async (t) => {
  const { api, its } = await started()
  api.nodes.set('node4', { address: '127.0.0.4', cordoned: true, conditions: [silent(its.now())] })
  api.fault = (path) => (path.startsWith('/api/v1/pods') ? { status: 403, body: '{}' } : undefined)
  await its.pass(6 * minute)
  t.strictSame(its.notified(), ['server1: cluster.node-lost node4'])
  api.fault = undefined
  await its.pass(minute)
  t.ok(its.of('server1').ledger[0]?.resolved, 'it was drained, as is known now')
  api.fault = (path) => (path.startsWith('/api/v1/pods') ? { status: 503, body: '' } : undefined)
  await its.pass(2 * minute)
  t.equal(its.of('server1').ledger.length, 1, 'and stays known')
})

t.test('more nodes than a page holds are asked for page by page', async (t) => {
  const { api, its } = await started()
  for (let at = 0; at < 700; at += 1)
    api.nodes.set(`many${at}`, {
      address: '10.0.0.1',
      conditions: [at === 650 ? silent(began) : ready(began)],
    })
  await its.pass(30 * second)
  t.strictSame(its.notified(), ['server1: cluster.node-lost many650'])
  t.equal(its.of('server2').past.sample?.nodes?.length, 704)
})

t.test('answers that are slow, or never come, leave the nodes lost within the time of a round', async (t) => {
  const { api, host } = it
  api.nodes.clear()
  four(api, began)
  for (const name of ['node4', 'node5', 'node6'])
    api.nodes.set(name, { address: '127.0.0.4', conditions: [silent(began)] })
  api.fault = (path) => (/\/pods|\/nodes\//.test(path) ? 'hang' : undefined)
  t.teardown(() => {
    api.fault = undefined
  })
  const start = performance.now()
  const hung = await collector.collect(
    host('server1', () => began),
    {},
    { heard: [] },
  )
  const took = performance.now() - start
  t.ok(took > 2900 && took < 8000, `three at once, 3 s each: ${took} ms`)
  t.match(hung, { unseen: undefined, silent: undefined, lost: { length: 3 } })
  t.equal(collector.assess(hung, { heard: [] }, {}, began + minute).length, 3)
  // The list alone takes 15 s.
  let clock = began
  const real = host('server1', () => clock)
  const slow = {
    ...real,
    get: async (question: Parameters<typeof real.get>[0]) => {
      const got = await real.get(question)
      if (question.path.includes('?includeObject')) clock += 15 * second
      return got
    },
  }
  api.fault = undefined
  api.asked.length = 0
  const late = await collector.collect(slow, {}, { heard: [] })
  t.equal(api.asked.length, 1, 'nothing more is asked')
  t.strictSame(
    late.lost?.map((one) => [one.name, one.by, one.detail]),
    ['node4', 'node5', 'node6'].map((name) => [name, 'server1', undefined]),
  )
})

t.test('more lost nodes than are followed: it is said, and none of them is over', async (t) => {
  const { api, its } = await started(['server1'])
  const off = { address: '127.0.0.4', conditions: [silent(its.now())] }
  for (let at = 10; at < 59; at += 1) api.nodes.set(`x${at}`, off)
  api.nodes.set('x99', off)
  await its.pass(4 * minute)
  const open = () => its.of('server1').ledger.filter((it) => it.resolved === undefined).length
  t.equal(open(), 50)
  // The API lists them by their names.
  const all = [['a1', off] as const, ['a2', off] as const, ...api.nodes]
  api.nodes.clear()
  for (const [name, node] of all) api.nodes.set(name, node)
  await its.pass(20 * second)
  t.match(its.of('server1').past.sample?.unseen, [
    { what: 'lost nodes beyond the first 50', subjects: ['x58', 'x99'] },
  ])
  t.ok(its.of('server1').ledger.every((it) => it.resolved === undefined))
})
