import t from 'tap'
import { apiObject } from '../../../../agent/host/redaction/api-objects.ts'

t.test('of an object of the API only what Murphy reads is kept', async (t) => {
  const secret = 'PASSWORD=hunter2'
  const node = {
    kind: 'Node',
    metadata: { name: 'node2', annotations: { env: secret }, managedFields: [{ fieldsV1: secret }] },
    spec: { unschedulable: true, providerID: secret, taints: [{ key: 'a', effect: 'NoSchedule' }] },
    status: {
      conditions: [{ type: 'Ready', status: 'Unknown' }],
      images: [{ names: [secret] }],
      volumesAttached: [{ name: 'pvc-1', devicePath: secret }],
    },
  }
  t.strictSame(JSON.parse(apiObject('/api/v1/nodes/node2', JSON.stringify(node))), {
    kind: 'Node',
    metadata: { name: 'node2' },
    spec: { unschedulable: true, taints: [{ key: 'a', effect: 'NoSchedule' }] },
    status: { conditions: [{ type: 'Ready', status: 'Unknown' }], volumesAttached: [{ name: 'pvc-1' }] },
  })
  const pods = {
    metadata: { continue: 'abc' },
    items: [{ metadata: { name: 'db-0', namespace: 'shop', annotations: { last: secret } }, spec: secret }],
  }
  t.strictSame(JSON.parse(apiObject('/api/v1/pods?limit=1', JSON.stringify(pods))), {
    metadata: { continue: 'abc' },
    items: [{ metadata: { name: 'db-0', namespace: 'shop' } }],
  })
  const table = { rows: [{ cells: ['node2', 'Ready'], object: { metadata: { annotations: secret } } }] }
  t.strictSame(JSON.parse(apiObject('/api/v1/nodes', JSON.stringify(table))), {
    rows: [{ cells: ['node2', 'Ready'] }],
  })
  const refusal = { kind: 'Status', status: 'Failure', message: 'nodes is forbidden', code: 403 }
  t.strictSame(JSON.parse(apiObject('/api/v1/nodes', JSON.stringify(refusal))), refusal)
})

t.test('what was cut is left out, and what is not of the API stays', async (t) => {
  t.equal(apiObject('/api/v1/nodes/node2', '{"metadata":{"annotations":{"a":"PASS'), '')
  t.equal(apiObject('/readyz', 'ok'), 'ok')
})
