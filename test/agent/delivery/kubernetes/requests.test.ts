import t from 'tap'
import { farewell } from '../../../../agent/delivery/kubernetes/events.ts'
import {
  asTrial,
  createEvent,
  patchEvent,
  patchStatus,
  readNode,
} from '../../../../agent/delivery/kubernetes/requests.ts'

const event = farewell('reboot', Date.parse('2026-11-23T03:30:00.999Z'))

t.test('five requests, each to a place of its own', async (t) => {
  const place = ({ method, path, type }: ReturnType<typeof readNode>) => [method, path, type]
  const merge = 'application/strategic-merge-patch+json'
  t.strictSame(place(readNode('node1')), ['GET', '/api/v1/nodes/node1', undefined])
  t.strictSame(place(patchStatus('node1', { conditions: [], remove: [] })), [
    'PATCH',
    '/api/v1/nodes/node1/status',
    merge,
  ])
  t.strictSame(place(createEvent('node1', undefined, event)), [
    'POST',
    '/api/v1/namespaces/default/events',
    'application/json',
  ])
  t.match(place(patchEvent('node1', event)), [
    'PATCH',
    /^\/api\/v1\/namespaces\/default\/events\/node1\.murphy-[0-9a-f]{16}$/,
    merge,
  ])
  t.equal(
    asTrial(createEvent('node1', undefined, event)).path,
    '/api/v1/namespaces/default/events?dryRun=All',
  )
})

t.test('conditions alone are patched, and what is removed is removed by its type', async (t) => {
  const one = {
    ...{ type: 'MurphyHealthy', status: 'True', reason: 'NoProblem', message: 'fine' },
    ...{ lastHeartbeatTime: '2026-11-23T03:30:00Z', lastTransitionTime: '2026-11-23T03:30:00Z' },
  }
  const { body = '' } = patchStatus('node1', { conditions: [one], remove: ['MurphyPodsProblem'] })
  t.strictSame(JSON.parse(body), {
    status: { conditions: [one, { $patch: 'delete', type: 'MurphyPodsProblem' }] },
  })
})

t.test('an event is one of the core group about a Node, without eventTime', async (t) => {
  const { body = '' } = createEvent('node1', '0b1c-2', event)
  const it = JSON.parse(body)
  t.match(it, {
    apiVersion: 'v1',
    metadata: { namespace: 'default' },
    involvedObject: { kind: 'Node', name: 'node1', uid: '0b1c-2' },
    source: { component: 'murphy', host: 'node1' },
    ...{ firstTimestamp: '2026-11-23T03:30:00Z', count: 1 },
  })
  t.notOk('eventTime' in it)
  t.notOk('namespace' in it.involvedObject, 'a Node is in no namespace')
  t.equal(JSON.parse(createEvent('node1', undefined, event).body ?? '').involvedObject.uid, 'node1')
})
