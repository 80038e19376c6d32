import t from 'tap'
import {
  flushedFilter,
  ofApi,
  ofEtcd,
  ofNat,
  ofOverlay,
  ofPods,
  ofPodsApi,
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
  const proofs = { ofOverlay, ofPods, ofPodsApi, ofApi, ofEtcd }
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
  t.same(of('nodes-api 6443, nodes-kubelet 10250, pods-kubelet 10250'), [], 'what others need')
  t.same(of(''), [])
})
