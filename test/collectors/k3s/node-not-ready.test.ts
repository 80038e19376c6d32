import t from 'tap'
import { nodeNotReady } from '../../../collectors/k3s/node-not-ready.ts'
import type { NodeState } from '../../../collectors/k3s/node-state.ts'
import { minute, noon, server, startedAt, stopped } from './samples.ts'

const at = noon - 5 * minute
const condition = { status: 'False', reason: 'KubeletNotReady', message: 'PLEG is not healthy', since: at }
const node = { name: 'node1', ready: false, condition, pressures: [], taints: [] }
const answers = { kubelet: { well: true, since: 0 } }
const seen = (of: Partial<NodeState> = {}, more = {}) =>
  nodeNotReady(server({ node: { ...node, ...of }, ...more }), noon)

t.test('what the cluster says of this node, and that its /healthz does not', async (t) => {
  const [one, ...others] = seen({}, { answers })
  t.strictSame(others, [])
  t.match(one, {
    ...{
      code: 'k3s.node-not-ready',
      subject: 'node1',
      at,
      evidence: { reason: 'pleg', says: 'KubeletNotReady' },
    },
    text: 'The cluster shows node1 as NotReady since 2026-11-23 11:55:00 UTC; the kubelet says: "PLEG is not healthy". Its /healthz answers ok all the same.',
    fix: [/containerd\.log/, /systemctl restart k3s/],
  })
  t.notMatch(seen()[0]?.text, /healthz/, 'where that is not known')
})

t.test('a kubelet that does not report', async (t) => {
  const silent = { ...condition, status: 'Unknown', message: 'Kubelet stopped posting node status.' }
  t.match(
    seen({ condition: silent, renewed: noon - 6 * minute })[0]?.text,
    /the kubelet does not report; it renewed its Lease 6 min ago\.$/,
  )
})

t.test(
  'a Node that was deleted is a warning after ten minutes, and its k3s is first to be stopped',
  async (t) => {
    const { condition: _, ...bare } = node
    const gone = { ...bare, gone: noon - 10 * minute }
    const [one] = nodeNotReady(server({ node: gone }), noon)
    t.match(one, {
      ...{
        severity: 'warning',
        at: noon - 10 * minute,
        starting: undefined,
        evidence: { reason: 'deleted' },
      },
      text: 'The cluster has no Node node1 since 2026-11-23 11:50:00 UTC: it was deleted, and k3s still runs here.',
      fix: [
        'If you removed it on purpose, stop k3s here: `systemctl disable --now k3s`',
        /^Only if it is to stay, .*registers the node again: `systemctl restart k3s`$/,
      ],
      avoid: [/restart k3s/],
    })
    const k3s = { ...server().k3s, unit: 'rke2-agent' } as NonNullable<ReturnType<typeof server>['k3s']>
    t.match(nodeNotReady(server({ node: gone, k3s }), noon)[0]?.fix, [
      /disable --now rke2-agent`/,
      /rke2-agent/,
    ])
    t.equal(
      nodeNotReady(server({ node: gone }), noon - 1)[0]?.starting,
      true,
      'it may be about to be switched off',
    )
    t.equal(nodeNotReady(server({ node: { ...gone, stale: true } }), noon)[0]?.starting, true)
    t.strictSame(
      nodeNotReady(stopped(noon, { node: { ...gone, stale: true } }), noon),
      [],
      'its k3s was stopped',
    )
  },
)

t.test('pressure is a warning, with its taints and a step of its own', async (t) => {
  const { condition: _, ...bare } = node
  const taints = ['node.kubernetes.io/disk-pressure:NoSchedule', 'a/b:NoSchedule']
  const under = (pressure: string) =>
    nodeNotReady(server({ node: { ...bare, ready: true, pressures: [pressure], taints } }), noon)[0]
  t.match(under('DiskPressure'), {
    ...{
      severity: 'warning',
      impact: /evicts pods/,
      fix: ['See which disk is full: `df -h`', /rmi --prune/],
    },
    text: 'node1 has DiskPressure. Taints: node.kubernetes.io/disk-pressure:NoSchedule.',
  })
  t.match(under('MemoryPressure')?.fix, [/rss/])
  t.match(under('PIDPressure')?.fix, [/nlwp/])
})

t.test('a start has three minutes, and what the API does not confirm ends nothing', async (t) => {
  t.equal(nodeNotReady(startedAt(noon - 2 * minute, { node }), noon)[0]?.starting, true)
  t.equal(nodeNotReady(startedAt(noon - 4 * minute, { node }), noon)[0]?.starting, undefined)
  t.equal(nodeNotReady(stopped(noon, { node }), noon)[0]?.starting, true)
  t.equal(seen({ stale: true })[0]?.starting, true)
})

t.test('a node that is Ready, and one that was never asked about, are no finding', async (t) => {
  t.strictSame(seen({ ready: true }), [])
  t.strictSame(nodeNotReady(server(), noon), [])
})

t.test('every reason has a step', async (t) => {
  for (const message of [
    'node is shutting down',
    'cni plugin not initialized',
    'container runtime is down',
    'x',
  ])
    t.ok(Number(seen({ condition: { ...condition, message } })[0]?.fix?.length) > 0, message)
})
