import t from 'tap'
import { contents, kubeletSays, lastWords, podCount } from '../../../collectors/cluster/text.ts'

const none = { volumes: [], volumeCount: 0 }

t.test('what is on a node: a few names, and how many', async (t) => {
  t.equal(contents(none), '')
  t.equal(contents({ ...none, pods: { names: [], count: 0 } }), '')
  t.equal(
    contents({
      pods: { names: ['shop/db-0', 'shop/web-1'], count: 12 },
      volumes: ['kubernetes.io/csi/driver.longhorn.io^pvc-1'],
      volumeCount: 2,
    }),
    '12 pods (shop/db-0, shop/web-1 and 10 more), 2 volumes attached (pvc-1 and 1 more)',
  )
  t.equal(podCount({ count: 1 }), '1 pod')
  t.equal(podCount({ count: 50, more: true }), '50+ pods')
})

t.test('the last word of its Murphy, without its advice, which is of that node', async (t) => {
  const now = Date.UTC(2026, 10, 23, 3, 5)
  const said = (message: string, heard?: number) =>
    lastWords({ murphy: { status: 'False', reason: 'X', message, ...(heard && { heard }) } }, now)
  t.equal(
    said(
      'critical since 03:00 UTC: disk full. 2 more incidents. See: `agent status` on the node',
      now - 60_000,
    ),
    'Its last word from Murphy (03:04 UTC): "critical since 03:00 UTC: disk full.".',
  )
  t.equal(
    said('Murphy sees no problem on this node.'),
    'Its last word from Murphy: "Murphy sees no problem on this node.".',
  )
  t.equal(lastWords({}, now), '')
  t.notMatch(said('`rm -rf`\u202e'), /[`\u202e]/)
  t.ok(said('x'.repeat(5000)).length < 250)
})

t.test("the kubelet's reason", async (t) => {
  const ready = { status: 'False', reason: 'KubeletNotReady', message: 'PLEG is not healthy' }
  t.equal(kubeletSays({ ready }), 'PLEG is not healthy')
  t.equal(kubeletSays({ ready: { ...ready, message: '' } }), 'KubeletNotReady')
  t.equal(kubeletSays({}), 'no reason')
})
