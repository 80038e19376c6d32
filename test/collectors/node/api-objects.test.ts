import t from 'tap'
import {
  nodeObject,
  nodeRows,
  podNames,
  renewedAt,
  sentenceIn,
} from '../../../collectors/node/api-objects.ts'

const columnDefinitions = ['Internal-IP', 'Name', 'Roles', 'Status'].map((name) => ({ name }))
const rows = (...all: readonly unknown[]) => nodeRows(JSON.stringify({ columnDefinitions, rows: all }))
const row = (...cells: readonly unknown[]) => ({ cells })

t.test('nodes of a Table, by the names of its columns', async (t) => {
  t.strictSame(
    rows(
      row('198.51.100.1', 'node1', 'control-plane,etcd,master', 'Ready'),
      row('<none>', 'node2', '<none>', 'NotReady,SchedulingDisabled'),
      row('2001:db8::1', 'node3', 'worker', 'Unknown'),
    )?.items,
    [
      { name: 'node1', ready: true, server: true, etcd: true, address: '198.51.100.1' },
      { name: 'node2', ready: false, cordoned: true },
      { name: 'node3', ready: false, address: '2001:db8::1' },
    ],
  )
  for (const no of ['dead.beef', 'cafe', '1.2.3', '::::'])
    t.strictSame(rows(row(no, 'node4', '', 'Ready'))?.items, [{ name: 'node4', ready: true }], no)
  t.strictSame(rows(row('', '../../secrets', '', 'Ready'), row('', 7), null, 'x', {})?.items, [])
  t.equal(nodeRows('{"rows":[]}'), undefined, 'without columns it is no table of nodes')
  for (const body of ['', '[]', 'null', '"Table"', '{"kind":"Status"}', '{"columnDefinitions":[{"name":"Na'])
    t.equal(nodeRows(body), undefined, body)
  const more = JSON.stringify({ columnDefinitions, rows: [], metadata: { continue: 'abc' } })
  t.equal(nodeRows(more)?.more, 'abc')
})

t.test('conditions, taints and volumes of a Node, as single lines', async (t) => {
  const node = {
    kind: 'Node',
    spec: { taints: [{ key: 'node.kubernetes.io/disk-pressure', effect: 'NoSchedule' }] },
    status: {
      conditions: [
        {
          ...{
            type: 'Ready',
            status: 'False',
            reason: 'KubeletNotReady',
            message: 'PLEG\nis \u202enot healthy',
          },
          ...{ lastTransitionTime: '2026-11-23T03:00:00Z', lastHeartbeatTime: 'never' },
        },
        { type: '\u0000', status: 'True' },
        'nothing',
      ],
      volumesAttached: [{ name: 'pvc-1' }, {}, 3],
    },
  }
  t.strictSame(nodeObject(JSON.stringify(node)), {
    conditions: {
      Ready: {
        ...{ status: 'False', reason: 'KubeletNotReady', message: 'PLEG is not healthy' },
        since: Date.UTC(2026, 10, 23, 3),
      },
    },
    taints: ['node.kubernetes.io/disk-pressure:NoSchedule'],
    volumes: ['pvc-1'],
  })
  t.strictSame(nodeObject('{"kind":"Node"}'), { conditions: {}, taints: [], volumes: [] })
  t.equal(nodeObject('{"kind":"Pod"}'), undefined)
})

t.test('names of pods, and which of them a drain leaves', async (t) => {
  const pod = (name: string, more: object = {}) => ({ metadata: { namespace: 'shop', name, ...more } })
  const owned = (kind: string) => ({ ownerReferences: [{ kind, controller: true }] })
  const items = [
    pod('web-1', owned('ReplicaSet')),
    pod('svclb', owned('DaemonSet')),
    pod('static', owned('Node')),
    pod('old', { deletionTimestamp: '2026-11-23T03:00:30Z' }),
    pod('`rm`'),
    {},
  ]
  t.strictSame(podNames(JSON.stringify({ items, metadata: { continue: 'x' } })), {
    items: [
      { name: 'shop/web-1' },
      { name: 'shop/svclb', stays: true },
      { name: 'shop/static', stays: true },
      { name: 'shop/old', gone: Date.UTC(2026, 10, 23, 3, 0, 30) },
    ],
    more: 'x',
  })
  t.equal(podNames('{}'), undefined)
})

t.test('a Lease and a refusal', async (t) => {
  t.equal(renewedAt('{"spec":{"renewTime":"2026-11-23T03:00:00.000000Z"}}'), Date.UTC(2026, 10, 23, 3))
  for (const body of ['', '{}', '{"spec":null}', '{"spec":{"renewTime":7}}'])
    t.equal(renewedAt(body), undefined)
  t.equal(sentenceIn('{"message":"nodes is\\nforbidden"}'), 'nodes is forbidden')
  t.equal(sentenceIn('<html>'), '')
})
