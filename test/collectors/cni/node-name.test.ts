import t from 'tap'
import { nodeNameIn } from '../../../collectors/cni/node-name.ts'
import { certificates } from '../certs/openssl.ts'

t.test('the name is read of a certificate that names the address, and of no other', async (t) => {
  const { issue } = certificates(t)
  const by = issue({ subject: '/CN=k3s-server-ca@1795915844', ca: true })
  const of = (subject: string, names: string) => issue({ subject, names, by }).der
  const kubelet = of('/CN=node2', 'DNS:node2,DNS:localhost,IP:127.0.0.1,IP:198.51.100.20')
  t.equal(nodeNameIn(kubelet, '198.51.100.20'), 'node2')
  t.equal(nodeNameIn(kubelet, '198.51.100.21'), undefined, 'of another node')
  t.equal(nodeNameIn(kubelet, 'fd00::2'), undefined)
  t.equal(nodeNameIn(kubelet, 'node2'), undefined)
  t.equal(
    nodeNameIn(of('/CN=Node 2\u202e', 'IP:198.51.100.20'), '198.51.100.20'),
    undefined,
    'no name of a node',
  )
  t.equal(nodeNameIn(of('/O=none', 'IP:198.51.100.20'), '198.51.100.20'), undefined, "nor its issuer's")
  const long = of(`/CN=${'n'.repeat(63)}`, 'IP:198.51.100.20')
  t.equal(nodeNameIn(long, '198.51.100.20'), 'n'.repeat(63))
})

t.test('bytes of any kind are no name', async (t) => {
  const { issue } = certificates(t)
  const der = issue({ subject: '/CN=node2', names: 'IP:198.51.100.20' }).der
  for (let end = 0; end < der.length; end += 1)
    t.ok([undefined, 'node2'].includes(nodeNameIn(der.subarray(0, end), '198.51.100.20')))
  t.equal(nodeNameIn(new Uint8Array(), '198.51.100.20'), undefined)
})
