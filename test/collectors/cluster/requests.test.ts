import t from 'tap'
import { counted, listNodes, NoAnswer, podsOn, readNode } from '../../../collectors/cluster/requests.ts'
import { cluster, four, silent } from './machines.ts'

const { api, host } = await cluster(t)
four(api, 0)
const node = host('server1', Date.now)
const data = '/var/lib/rancher/k3s/agent'
const place = {
  me: 'server1',
  distribution: 'k3s' as const,
  api: {
    origin: `https://127.0.0.1:${api.port}`,
    authority: `${data}/server-ca.crt`,
    certificate: `${data}/client-kubelet.crt`,
  },
}

t.test('nodes, one of them, and the pods that are bound to it', async (t) => {
  api.nodes.set('node4', {
    ...{ address: '127.0.0.4', conditions: [silent(0)], volumes: ['pvc-1'] },
    pods: Array.from({ length: 60 }, (_, at) => ({
      namespace: 'shop',
      name: `web-${String(at).padStart(2, '0')}`,
    })),
  })
  const { nodes, more } = await listNodes(node, place)
  t.strictSame([nodes.map((it) => it.ready), more], [[true, true, true, false], false])
  t.match(await readNode(node, place, 'node4'), {
    conditions: { Ready: { status: 'Unknown' } },
    volumes: ['pvc-1'],
  })
  t.equal(await readNode(node, place, 'node5'), undefined)
  const names = ['shop/web-00', 'shop/web-01', 'shop/web-02', 'shop/web-03', 'shop/web-04']
  t.strictSame(await podsOn(node, place, 'node4', 0), { names, count: 50, more: true })
})

t.test('an API that does not work is silent; one that refuses says so', async (t) => {
  t.teardown(() => {
    api.fault = undefined
  })
  for (const status of [401, 429, 500, 503, 504]) {
    api.fault = () => ({ status, body: '{"message":"etcdserver: request timed out"}' })
    await t.rejects(
      listNodes(node, place),
      new NoAnswer(`the API answered ${status}: etcdserver: request timed out`, status),
    )
  }
  api.fault = () => ({ status: 403, body: '{"message":"nodes is forbidden"}' })
  await t.rejects(listNodes(node, place), { code: 'denied', message: /answered 403: nodes is forbidden/ })
  t.equal(await podsOn(node, place, 'node4', 0), undefined)
  const nowhere = { ...place, api: { ...place.api, origin: 'https://127.0.0.1:1' } }
  await t.rejects(listNodes(node, nowhere), { message: /nothing listens there/ })
  t.equal(await readNode(node, nowhere, 'node4'), undefined)
  await t.rejects(listNodes(node, { ...place, api: { ...place.api, certificate: '/none/x.crt' } }), {
    code: 'missing',
  })
})

t.test('what a drain would have moved: no DaemonSets, and nothing that was on its way out', async (t) => {
  const at = 1_000_000
  const pods = [
    { name: 'a/web' },
    { name: 'a/daemon', stays: true as const },
    { name: 'a/leaving', gone: at - 5000 },
    { name: 'a/terminated-with-the-node', gone: at + 30_000 },
    { name: 'a/evicted-since', gone: at + 5 * 60_000 },
  ]
  t.strictSame(counted(pods, false, at), { names: ['a/evicted-since', 'a/web'], count: 2 })
  t.strictSame(counted([], true, at), { names: [], count: 0, more: true })
})
