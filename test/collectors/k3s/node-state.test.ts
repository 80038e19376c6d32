import t from 'tap'
import { lookAtNode } from '../../../collectors/k3s/node-state.ts'
import { cluster, four, notReady, ready, silent } from '../cluster/machines.ts'
import { machine } from '../node/machine.ts'

const { api, host } = await cluster(t)
const at = Date.UTC(2026, 10, 23, 3, 0)
const node = host('node4', () => at)
const k3s = { dataDir: '/var/lib/rancher/k3s', distribution: 'k3s' } as const
const well = { name: 'node4', ready: true, pressures: [], taints: [] }
const asked = async (before?: typeof well, whole = false) => {
  api.asked.length = 0
  return await lookAtNode(node, k3s, before, { whole })
}
const set = (conditions: Record<string, string>[], more: object = {}) =>
  api.nodes.set('node4', { address: '127.0.0.4', conditions, ...more })
t.beforeEach(() => {
  four(api, at)
  api.fault = undefined
})

t.test("while it is well one small request, as this node's own kubelet", async (t) => {
  t.strictSame(await asked(undefined, true), { node: well })
  t.strictSame(await asked(well), { node: well })
  t.strictSame(api.asked, ['GET /api/v1/nodes/node4 as system:node:node4'])
})

t.test('not Ready: the object, with what the kubelet says', async (t) => {
  set([notReady(at, 'PLEG is not healthy')], {
    taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoExecute' }],
  })
  t.match((await asked(well)).node, {
    ...{ ready: false, condition: { status: 'False', message: 'PLEG is not healthy', since: at } },
    taints: ['node.kubernetes.io/not-ready:NoExecute'],
  })
  t.equal(api.asked.length, 2)
})

t.test('a kubelet that is silent: since when, by its own Lease', async (t) => {
  set([silent(at)], { renewed: '2026-11-23T02:59:10.000000Z' })
  t.match((await asked(well)).node, { condition: { status: 'Unknown' }, renewed: at - 50_000 })
  t.equal(
    api.asked.at(-1)?.split(' ')[1],
    '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/node4',
  )
})

t.test('pressures of a node that is Ready show in the object, and go there too', async (t) => {
  set([ready(at), { type: 'DiskPressure', status: 'True' }, { type: 'MemoryPressure', status: 'False' }])
  const { node: seen } = await asked(well, true)
  t.match(seen, { ready: true, pressures: ['DiskPressure'] })
  set([ready(at)])
  t.strictSame((await lookAtNode(node, k3s, seen, { whole: false })).node, well)
})

t.test('a Node that was deleted, and an API that is silent or refuses', async (t) => {
  api.nodes.delete('node4')
  t.match((await asked(well)).node, { gone: at, ready: false })
  t.strictSame(await asked(undefined, true), {}, 'a node that joins is not registered yet')
  const known = { ...well, ready: false, gone: at - 60_000 }
  t.strictSame((await asked(known)).node, known, 'since it was first seen')
  for (const status of [401, 429, 500, 503]) {
    api.fault = () => ({ status, body: '' })
    t.strictSame(await asked(well), { node: { ...well, stale: true } })
    t.strictSame(await asked(), {}, 'nothing was known')
  }
  api.fault = () => ({ status: 403, body: '{"message":"nodes is forbidden"}' })
  t.match(await asked(well), {
    node: { stale: true },
    unseen: { codes: ['k3s.node-not-ready'], why: /nodes is forbidden/ },
  })
  api.fault = () => ({ status: 200, body: '{"kind":"Pod"}' })
  t.match(await asked(well, true), { unseen: { why: /no Node/ } })
})

t.test('a machine without a kubelet has no node', async (t) => {
  t.strictSame(await lookAtNode(machine(t, {}), k3s, undefined, { whole: true }), {})
})
