import t from 'tap'
import { lookAtLost } from '../../../collectors/cluster/lost.ts'
import type { NodeRow } from '../../../collectors/node/api-objects.ts'
import { cluster, four, notReady, silent } from './machines.ts'

const { api, host, kubelets } = await cluster(t)
const at = Date.UTC(2026, 10, 23, 3, 0)
const data = '/var/lib/rancher/k3s/agent'
const place = {
  ...{ me: 'server1', distribution: 'k3s' as const },
  api: {
    origin: `https://127.0.0.1:${api.port}`,
    authority: `${data}/server-ca.crt`,
    certificate: `${data}/client-kubelet.crt`,
  },
}
const rows = (ready: boolean): NodeRow[] => [
  { name: 'server1', ready: true, server: true },
  { name: 'node4', ready, address: '127.0.0.4' },
]
const look = async (before: Parameters<typeof lookAtLost>[3]['before']) => {
  const [one] = await lookAtLost(
    host('server1', () => at),
    place,
    rows(false),
    { before, began: at },
  )
  return one
}
t.beforeEach(() => four(api, at - 60_000))

t.test('when it was last listed as Ready, by the clock of this server', async (t) => {
  api.nodes.set('node4', { address: '127.0.0.4', conditions: [silent(at)] })
  t.match(await look({ nodes: rows(true), lost: [], at: at - 10_000 }), { first: at, wellAt: at - 10_000 })
  t.equal((await look({ nodes: rows(false), lost: [], at: at - 10_000 }))?.wellAt, undefined)
  t.equal((await look({ nodes: [], lost: [], at: undefined }))?.wellAt, undefined)
  const known = { name: 'node4', first: at - 5000, wellAt: at - 9000, by: 'server1' }
  t.match(await look({ nodes: rows(false), lost: [known], at }), known, 'as it was first seen')
})

t.test('what it was, what it is marked with, and what its kubelet answers', async (t) => {
  kubelets.set('127.0.0.4', 'closed')
  api.nodes.set('node4', {
    ...{ address: '127.0.0.4', created: '2026-11-23T02:00:00Z' },
    conditions: [notReady(at, 'node is shutting down')],
    taints: [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }],
  })
  const first = await look({ nodes: rows(true), lost: [], at })
  t.match(first?.detail, {
    ...{ created: at - 60 * 60_000, leaving: /^ToBeDeleted/, kubelet: 'closed', shutdown: true },
  })
  api.nodes.set('node4', { address: '127.0.0.4', conditions: [silent(at)] })
  const last = await look({ nodes: rows(false), lost: first ? [first] : [], at })
  t.match(last?.detail, { shutdown: true, leaving: undefined, ready: { status: 'Unknown' } })
})
