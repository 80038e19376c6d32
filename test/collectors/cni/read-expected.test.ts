import t from 'tap'
import { bridge } from '../../../collectors/cni/bridge.ts'
import { collect } from '../../../collectors/cni/collect.ts'
import { summary } from '../../../collectors/cni/summary.ts'
import { codes, nodeLike, sampleOf } from './node.ts'

t.test('other networks are asked what holds for all, and no more', async (t) => {
  const node = nodeLike(t, 'healthy')
  node.write('/etc/rancher/k3s/config.yaml', 'flannel-backend: none\ndisable: coredns\n')
  const sample = await collect(node.host(), { heard: [] })
  t.equal(sample.pool, undefined)
  t.equal(sample.peers, undefined)
  t.equal(sample.dns, undefined)
  t.match(summary(sample), /^no flannel: not checked$/)
  t.same(codes(sample), [])
})

t.test('a veth that is gone: by one look when there is only one, otherwise by two', async (t) => {
  const well = await sampleOf('healthy')
  const lost = { ...well, gone: ['veth1f681911'] }
  const found = (before?: typeof well) => bridge(lost, 'cni0', before).map((it) => it.text)
  const text = 'The veth of 1 pod (kube-system/ingress) no longer exists.'
  t.same(found(), [text])
  t.same(found(well), [])
  t.same(found(lost), [text])
  t.end()
})
