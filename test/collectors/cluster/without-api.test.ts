import t from 'tap'
import { cluster as collector } from '../../../collectors/cluster/index.ts'
import { four, ready, silent } from './machines.ts'
import { began, fourNodes, minute, second } from './murphys.ts'

const { it, started } = await fourNodes(t)

t.test('401 is no answer: the findings about certificates say it, and nothing is over', async (t) => {
  const { api, its, peer } = await started()
  const others = [await peer('127.0.0.2'), await peer('127.0.0.3')]
  t.teardown(() => Promise.all(others.map((it) => it.close())))
  api.nodes.set('node4', { address: '127.0.0.4', conditions: [silent(its.now())] })
  await its.pass(40 * second)
  api.fault = (path) => (path === '/ping' ? undefined : { status: 401, body: '' })
  await its.pass(5 * minute)
  t.strictSame(its.notified(), ['server1: cluster.node-lost node4'], 'and nothing is blind')
  const { sample } = its.of('server1').past
  t.match(sample, { unseen: undefined, silent: { refused: true } })
  t.notOk(its.of('server1').ledger[0]?.resolved)
})

t.test(
  'without an API: the first of the servers that answer each other notifies of one that is silent',
  async (t) => {
    const { api, its, peer } = await started()
    const other = await peer('127.0.0.2')
    t.teardown(() => other.close())
    api.nodes.set('node4', { address: '127.0.0.4', conditions: [silent(its.now())] })
    await its.pass(30 * second)
    t.strictSame(its.notified(), ['server1: cluster.node-lost node4'])
    api.fault = (path) =>
      path === '/ping' ? undefined : { status: 504, body: '{"message":"etcdserver: request timed out"}' }
    await its.pass(2 * minute)
    t.strictSame(
      its.notified(),
      ['server1: cluster.node-lost node4'],
      'servers that start together get three minutes',
    )
    t.match(
      its.of('server1').ledger[0],
      { resolved: undefined, text: /^As of \d{4}-/ },
      'and what was known is kept',
    )
    t.match(
      collector.summary(its.of('server1').past.sample ?? {}, {}, its.now()),
      /^API not answering for 2 min, nodes as they were; not answering either: server3$/,
    )
    await its.pass(90 * second)
    // server2 and server3 are one machine's addresses here: what server3 sees, whose own address nobody answers, is left out.
    const seen = its.notified().filter((it) => !it.startsWith('server3'))
    t.strictSame(seen, ['server1: cluster.node-lost node4', 'server1: cluster.node-lost server3'])
    t.match(its.of('server1').ledger.at(-1), {
      title: 'not answering: server3 (:6443)',
      severity: 'critical',
    })
    t.equal(its.of('server2').ledger.length, 0)
    api.fault = undefined
    await its.pass(20 * second)
    t.ok(its.of('server1').ledger.find((it) => it.subject === 'server3')?.resolved, 'the API knows better')
  },
)

t.test('a server that nobody answers says that it may be the one that is cut off', async (t) => {
  const { api, its } = await started()
  for (const it of ['server1', 'server3']) its.of(it).lives = false
  api.nodes.set('server1', { address: '127.0.0.9', server: true, conditions: [ready(began)] })
  await its.pass(10 * second)
  api.fault = () => ({ status: 503, body: 'starting' })
  await its.pass(210 * second)
  t.strictSame(its.notified(), ['server2: cluster.cut-off server2'])
  t.match(
    its.of('server2').ledger[0]?.text,
    /^No other server answers server2 since .*: server1 and server3\. .* the network of server2/,
  )
})

t.test('without an API: whether this server keeps a member of etcd is seen on its disk', async (t) => {
  const { api, host } = it
  four(api, began)
  const real = host('server1', () => began)
  const before = await collector.collect(real, {}, { heard: [] })
  api.fault = () => ({ status: 503, body: '' })
  t.teardown(() => {
    api.fault = undefined
  })
  const past = { sample: before, at: began - minute, heard: [] }
  const shared = await collector.collect(real, {}, past)
  t.match(shared.silent, { since: began, etcd: undefined })
  const folder = '/var/lib/rancher/k3s/server/db/etcd'
  const stat: typeof real.stat = (path) => real.stat(path === folder ? '/etc/systemd/system' : path)
  const kept = await collector.collect({ ...real, stat }, {}, past)
  t.equal(kept.silent?.etcd, true)
})

t.test('an API that shows the certificate of another CA is not silent, but nothing is seen', async (t) => {
  const { api, host } = it
  four(api, began)
  const real = host('server1', () => began)
  const sample = await collector.collect(real, {}, { heard: [] })
  const get: typeof real.get = (question) =>
    real.get({ ...question, authority: '/var/lib/rancher/k3s/agent/client-kube-proxy.crt' })
  const seen = await collector.collect({ ...real, get }, {}, { sample, at: began - minute, heard: [] })
  t.match(seen, { silent: undefined, unseen: [{ why: /that the cluster's CA did not sign/ }] })
})

t.test(
  'an API that is away for half a minute again and again hides no node that was lost before',
  async (t) => {
    const { api, its } = await started(['server1'])
    api.nodes.set('node4', { address: '127.0.0.4', conditions: [silent(its.now())] })
    for (let at = 0; at < 4; at += 1) {
      api.fault = () => ({ status: 503, body: '' })
      await its.pass(30 * second)
      api.fault = undefined
      await its.pass(2 * minute)
    }
    t.strictSame(its.notified(), ['server1: cluster.node-lost node4'])
  },
)
