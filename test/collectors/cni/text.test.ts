import t from 'tap'
import { many } from '../../../agent/text/lists.ts'
import type { CniSample } from '../../../collectors/cni/sample.ts'
import { podsHit, remake, restartOf } from '../../../collectors/cni/text.ts'
import { sampleOf } from './node.ts'

const well = await sampleOf('healthy')
const pods = Object.values(well.pods ?? {})

t.test('pods hit', (t) => {
  t.equal(podsHit([], 0), 'all pods')
  t.equal(podsHit([], 2), '2 pods')
  t.equal(podsHit(pods.slice(0, 1), 0), '1 pod (kube-system/ingress)')
  t.match(podsHit(pods, 7), /^7 pods \(\S+, \S+, \S+ and 4 more\)$/)
  t.equal(many(1, 'peer'), '1 peer')
  t.end()
})

t.test('how to make them anew', (t) => {
  t.match(remake(well, pods.slice(0, 2), 'the first is news'), [
    /^Recreate the pods; the first is news: `kubectl -n kube-system delete pod ingress`$/,
    /^Recreate the pods: `kubectl -n default delete pod web-\S+`$/,
  ])
  t.match(remake(well, pods).at(-1), /^Then do the same for 1 more pod, listed by: `agent network`$/)
  const agent: CniSample = { ...well, ...(well.k3s && { k3s: { ...well.k3s, role: 'agent' } }) }
  t.match(remake(agent, pods)[0], /^Recreate the pods \(on a server\): `/, 'an agent has no kubeconfig')
  const long = Array.from({ length: 3 }, (_, at) => ({
    ...{ namespace: 'default', name: `${'x'.repeat(90)}${at}`, ip: '', bridge: 'cni0', veth: `v${at}` },
  }))
  t.equal(remake(well, long).length, 2, 'names that do not fit into one message are counted')
  t.match(remake(well, [], ''), [/: `kubectl get pods -A -o wide`$/, /-n NAMESPACE delete pod NAME/])
  t.end()
})

t.test('without a running k3s no pod is made', (t) => {
  if (!well.k3s) throw new Error('the recording has no k3s')
  const { running: _, ...k3s } = well.k3s
  t.match(remake({ ...well, k3s }, pods, ''), [/: `systemctl start k3s`$/, /^Recreate the pods/])
  t.equal(
    restartOf(well, 'restores it'),
    'Restart k3s, which restores it; pods keep running: `systemctl restart k3s`',
  )
  t.end()
})
