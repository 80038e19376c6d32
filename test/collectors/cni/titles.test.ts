import t from 'tap'
import { titles } from '../../../collectors/cni/titles.ts'

const seen = (evidence: Readonly<Record<string, string | number>> = {}, subject = 'cni0') =>
  ({ code: 'cni.x', subject, text: 'x', evidence }) as const

t.test('which link, its state, and whom it cuts off', async (t) => {
  t.equal(titles.bridgeMissing(seen({ link: 'cni0', pods: 5, veths: 2 })), 'cni0 missing: 5 pods offline')
  t.equal(titles.bridgeDown(seen({ link: 'cni0', pods: 0, veths: 1 })), 'cni0 down: 1 pod offline')
  t.equal(titles.bridgeAddress(seen({ lacking: '10.42.0.1/24' })), 'cni0 without address 10.42.0.1/24')
  t.equal(titles.overlayMissing(seen({ link: 'flannel.1' })), 'flannel.1 missing: no cross-node traffic')
  t.equal(titles.overlayMissing(seen({ link: 'flannel-v6.1' })), 'flannel-v6.1 missing: no cross-node IPv6')
  t.equal(titles.overlayDown(seen({ link: 'flannel.4096' })), 'flannel.4096 down: no cross-node traffic')
  t.equal(titles.overlayMissing(seen({ link: 'flannel.4096' })), 'flannel.4096 missing: nodes cut off')
  t.equal(titles.veths(seen({ link: 'cni0', pods: 5 })), '5 pods detached from cni0')
})

t.test('a link has a name that a terminal takes', async (t) => {
  t.equal(titles.bridgeDown(seen({ link: 'a\u202e`\n😀' })), 'a????? down: 0 pods offline')
})

t.test('the way to another node, by what is known of it', async (t) => {
  const lost = (node: string | undefined, lacks: string) =>
    titles.routes(seen({ link: 'flannel.1', lacks, ...(node && { node }) }, '10.42.1.0/24'))
  t.equal(lost('10.0.0.2', 'route fdb'), 'pods on 10.0.0.2 unreachable: no route')
  t.equal(lost('192.168.100.112', 'fdb'), 'pods on 192.168.100.112 unreachable')
  t.equal(lost(undefined, 'fdb'), 'pods in 10.42.1.0/24 unreachable')
  t.equal(titles.routes(seen({ link: 'flannel-wg' })), 'flannel-wg: no route to other nodes')
})

t.test('both sizes of a mismatch', async (t) => {
  t.equal(
    titles.mtu(seen({ link: 'flannel.1', mtu: 1500, most: 1450 })),
    'MTU mismatch: flannel.1 1500, max 1450',
  )
  t.equal(titles.mtu(seen({ link: 'cni0', mtu: 1400, chosen: 1450 })), 'MTU mismatch: cni0 1400, pods 1450')
  t.equal(titles.mtu(seen({ link: 'cni0', veths: 3 })), 'MTU mismatch: 3 veths on cni0')
  t.equal(titles.mtu(seen({ link: 'cni0' })), 'MTU mismatch: cni0')
})

t.test('settings by their own names', async (t) => {
  t.equal(titles.forwarding(seen({ off: 'ipv4/ip_forward' }, 'ipv4')), 'IP forwarding off (ip_forward=0)')
  t.equal(
    titles.forwarding(seen({ off: 'ipv6/conf/all/forwarding' }, 'ipv6')),
    'IPv6 forwarding off (forwarding=0)',
  )
  t.equal(
    titles.forwarding(seen({ off: 'ipv4/conf/eth0/forwarding', link: 'eth0' }, 'ipv4')),
    'IP forwarding off on eth0',
  )
  t.equal(titles.bridgeNf(seen({ module: 'missing' })), 'br_netfilter not loaded')
  t.equal(titles.bridgeNf(seen()), 'bridge-nf-call-iptables off')
  t.equal(titles.offload(seen({ link: 'flannel.1' })), 'VXLAN checksum offload bug: flannel.1')
})

t.test('what decays, in numbers', async (t) => {
  t.equal(titles.leak(seen({ size: 253, used: 223 })), 'pod IP leak: 30 of 253 left')
  t.equal(titles.errors(seen({ link: 'eth0', errors: 120, minutes: 15 })), 'eth0: 120 errors in 15 min')
  t.equal(titles.flapping(seen({ link: 'cni0', downs: 4 })), 'cni0 flapping: 4 times in 10 min')
  t.equal(titles.dns(seen({ answer: 'SERVFAIL' })), 'cluster DNS (CoreDNS): SERVFAIL')
  t.equal(titles.dns(seen({ answer: 'timeout' })), 'cluster DNS (CoreDNS) not answering')
})
