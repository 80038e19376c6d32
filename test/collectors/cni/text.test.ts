import t from 'tap'
import { many } from '../../../agent/text/lists.ts'
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
  t.match(remake(well, pods.slice(0, 2), '. So'), [
    /^Make the pods anew, on a server: `kubectl delete pod -n kube-system ingress`, `kubectl delete pod -n default web-\S+`\. So\. A pod/,
  ])
  t.match(remake(well, pods, ''), [/`, and the same for 1 more\. A pod/])
  t.match(remake(well, [], ''), [/: `kubectl get pods -A -o wide`$/, /NAMESPACE NAME/])
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
