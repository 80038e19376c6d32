import t from 'tap'
import { reasonOf } from '../../../collectors/k3s/node-reason.ts'

const node = { name: 'node1', ready: false, pressures: [], taints: [] }
const says = (message: string, status = 'False') =>
  reasonOf({ ...node, condition: { status, reason: 'KubeletNotReady', message } })

t.test("the kubelet's own words, and what explains the rest first", async (t) => {
  t.equal(says('PLEG is not healthy: pleg was last seen active 3m5s ago; threshold is 3m0s'), 'pleg')
  t.equal(
    says('[container runtime is down, PLEG is not healthy: pleg was last seen active 3m5s ago]'),
    'runtime',
  )
  t.equal(
    says(
      'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized',
    ),
    'network',
  )
  t.equal(says('node is shutting down'), 'shutdown')
  t.equal(says('CSINode is not yet initialized'), 'other')
  t.equal(says('Kubelet stopped posting node status.', 'Unknown'), 'silent')
  t.equal(reasonOf(node), 'other')
  t.equal(reasonOf({ ...node, gone: 1 }), 'deleted')
})

t.test('of a node that is Ready, its pressure', async (t) => {
  const under = (...pressures: readonly string[]) => reasonOf({ ...node, ready: true, pressures })
  t.strictSame(
    [under('DiskPressure', 'PIDPressure'), under('MemoryPressure'), under('PIDPressure'), under()],
    ['disk', 'memory', 'pids', 'other'],
  )
})
