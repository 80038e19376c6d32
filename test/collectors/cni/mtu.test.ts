import t from 'tap'
import { mtu } from '../../../collectors/cni/mtu.ts'
import { sampleOf, withLink } from './node.ts'

const well = await sampleOf('healthy')
const plan = { kind: 'flannel', backend: 'vxlan', bridge: 'cni0', overlays: ['flannel.1'] } as const

t.test('a real node fits together', (t) => {
  t.same(mtu(well, plan), [])
  t.end()
})

t.test('an uplink that is too small for its overlay', (t) => {
  t.match(mtu(withLink(well, 'eth0', { mtu: 1400 }), plan), [
    {
      code: 'cni.mtu-mismatch',
      subject: 'flannel.1',
      text: /flannel\.1 has MTU 1450, at most 1350 fits: eth0 below it has 1400,/,
    },
  ])
  t.same(mtu(withLink(well, 'eth0', { mtu: 9000 }), plan), [], 'smaller than it could be is no fault')
  const wireguard = { ...plan, backend: 'wireguard' }
  t.equal(mtu(well, wireguard).length, 1, 'WireGuard wraps 80 bytes')
  t.same(mtu(well, { ...plan, backend: 'extension' }), [])
  t.same(mtu(withLink(well, 'eth0', null), plan), [], 'what carries it is not known')
  t.end()
})

t.test('an overlay or a bridge smaller than what pods send', (t) => {
  t.match(mtu(withLink(well, 'flannel.1', { mtu: 1400 }), plan), [
    { subject: 'flannel.1', fix: [/: `ip link set flannel\.1 mtu 1450`$/] },
  ])
  t.match(mtu(withLink(well, 'cni0', { mtu: 1400 }), plan), [
    {
      subject: 'cni0',
      text: 'The bridge cni0 has MTU 1400, but pods send up to 1450: larger packets are lost.',
    },
  ])
  t.same(mtu(withLink(withLink(well, 'flannel.1', null), 'cni0', null), plan), [])
  t.end()
})

t.test('veths of another size, with their pods', (t) => {
  const interfaces = { links: [], ports: {}, loose: [], ...well.interfaces, odd: { veth1f681911: 1500 } }
  t.match(mtu({ ...well, interfaces }, plan), [
    {
      subject: 'pods on cni0',
      text: '1 veth of 1 pod (kube-system/ingress) on cni0 has MTU 1500 instead of 1450.',
      fix: ['Set the MTU of veth1f681911: `ip link set veth1f681911 mtu 1450`'],
    },
  ])
  const small = withLink({ ...well, interfaces: { ...interfaces, odd: { veth1f681911: 1450 } } }, 'cni0', {
    mtu: 1400,
  })
  t.equal(mtu(small, plan).length, 1, 'where the bridge is wrong, they are not')
  t.end()
})
