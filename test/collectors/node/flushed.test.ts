import t from 'tap'
import {
  flushedFilter,
  ofApi,
  ofEtcd,
  ofNat,
  ofNodesApi,
  ofOverlay,
  ofOverlayTo,
  ofPods,
  ofPodsApi,
  ofSomeOverlay,
} from '../../../collectors/node/flushed.ts'
import { finding } from '../../agent/findings.ts'

const flush = (table?: string) => finding({ code: 'firewall.flushed', evidence: table ? { table } : {} })
const effect = finding({ code: 'cni.dns-dead' })

t.test('services go with nat, and all that comes in with filter', async (t) => {
  const [{ proof: ofFilter } = {}] = flushedFilter
  t.ok(ofNat(flush('nat'), effect))
  t.ok(ofNat(flush('nat, filter'), effect))
  t.notOk(ofNat(flush('filter'), effect))
  t.notOk(ofNat(flush(), effect), 'not known')
  t.ok(ofFilter?.(flush('nat, filter'), effect))
  t.notOk(ofFilter?.(flush('nat'), effect))
})

t.test('what the firewall drops says what can follow from it', async (t) => {
  const proofs = { ofOverlay, ofSomeOverlay, ofPods, ofPodsApi, ofApi, ofNodesApi, ofEtcd }
  const of = (blocked: string) => {
    const cause = finding({ code: 'firewall.blocks-k3s', evidence: { blocked } })
    return Object.entries(proofs).flatMap(([name, holds]) => (holds(cause, effect) ? [name] : []))
  }
  t.same(of('overlay 8472'), ['ofOverlay', 'ofPods'])
  t.same(of('nodes-kubelet 10250, overlay-out 8472'), ['ofOverlay', 'ofPods'])
  for (const it of ['pods-in 53', 'pods-out 53 ipv6', 'pods-local 53']) t.same(of(it), ['ofPods'], it)
  t.same(of('pods-api 6443, pods-kubelet 10250'), ['ofPodsApi'])
  t.same(of('api-out 6443'), ['ofApi'])
  t.same(of('etcd 2379, etcd 2380'), ['ofEtcd'])
  t.same(of('etcd 2379'), [], 'the members talk on the other')
  t.same(of('etcd 2380 (192.0.2.2)'), [], 'the others may be a majority')
  t.same(of('overlay 8472 (192.0.2.2)'), ['ofSomeOverlay', 'ofPods'])
  t.same(of('overlay 8472 ipv6'), ['ofPods'], 'the DNS is asked over IPv4')
  t.same(of('nodes-api 6443, pods-kubelet 10250'), ['ofNodesApi'])
  t.same(of('nodes-api 6443 (192.0.2.2)'), [], 'the others get through')
  t.same(of('nodes-kubelet 10250, pods-kubelet 10250'), [], 'what others need')
  t.same(of(''), [])
})

t.test('an overlay that is closed to one node, or in one family, silences no other', async (t) => {
  const of = (blocked: string, via = '10.42.1.0', node = '192.0.2.2') =>
    ofOverlayTo(
      finding({ code: 'firewall.blocks-k3s', evidence: { blocked } }),
      finding({ code: 'cni.peer-unreachable', evidence: { via, node } }),
    )
  for (const it of ['overlay 8472', 'overlay-out 8472', 'overlay 8472 (192.0.2.9 192.0.2.2)'])
    t.ok(of(it), it)
  for (const it of [
    'overlay 8472 (192.0.2.9)',
    'overlay 8472 (192.0.2.29 …)',
    'overlay 8472 ipv6',
    'pods-in 53',
    'etcd 2380',
    '',
  ])
    t.notOk(of(it), it)
  t.ok(of('overlay 8472 (192.0.2.9), overlay 8472 ipv6', 'fd42::1', '2001:db8::2'))
  t.notOk(of('overlay 8472', 'fd42::1', '2001:db8::2'))
  t.notOk(of(`overlay 8472 (${'x'.repeat(10_000)}`), 'cut, or written by somebody else')
})
