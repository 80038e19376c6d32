import t from 'tap'
import { bridge } from '../../../collectors/cni/bridge.ts'
import { collect } from '../../../collectors/cni/collect.ts'
import { readWear } from '../../../collectors/cni/read-expected.ts'
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

t.test('starts of k3s are kept beside what goes down, which they explain', async (t) => {
  const node = nodeLike(t, 'healthy')
  const well = await sampleOf('healthy')
  if (!well.k3s) throw new Error('no k3s there')
  const now = node.host().now()
  const seen = { ...well, k3s: { ...well.k3s, running: { pid: 7, since: now - 1_000 } } }
  const heard = [{ at: now - 2_000, text: 'Deleted 2: cni0: <BROADCAST,MULTICAST> mtu 1450' }]
  const { downs, starts } = await readWear(node.host(), seen, well, heard)
  t.strictSame(downs, { cni0: [now - 2_000] })
  t.equal(starts?.at(-1), now - 1_000)
})
