import t from 'tap'
import { recordedNode } from '../../../agent/host/replay.ts'
import { HostError } from '../../../agent/model/index.ts'
import { kernel, readOff } from '../../../collectors/cni/kernel.ts'

const host = (files: Readonly<Record<string, string>>) => ({
  ...recordedNode('test/nodes/healthy'),
  text: async (path: string) => {
    const text = files[path.replace('/proc/sys/net/', '')]
    if (text === undefined) throw new HostError('missing', path)
    return text
  },
})
const on = {
  'ipv4/ip_forward': '1\n',
  'ipv4/conf/cni0/forwarding': '1\n',
  'ipv4/conf/flannel.1/forwarding': '1\n',
  'bridge/bridge-nf-call-iptables': '1\n',
}
const about = { devices: ['cni0', 'flannel.1'], bridged: true, ipv6: false }

t.test('what is off is kept, what is on is not', async (t) => {
  t.same(await readOff(host(on), about), {})
  t.same(await readOff(host({ ...on, 'ipv4/ip_forward': '0\n' }), about), { 'ipv4/ip_forward': 0 })
  const { 'bridge/bridge-nf-call-iptables': _, ...unloaded } = on
  t.same(await readOff(host(unloaded), about), { 'bridge/bridge-nf-call-iptables': null })
  t.same(await readOff(host(unloaded), { ...about, bridged: false }), {})
  const six = { ...on, 'ipv6/conf/all/forwarding': '0\n', 'bridge/bridge-nf-call-ip6tables': '1' }
  t.same(await readOff(host(six), { ...about, ipv6: true }), { 'ipv6/conf/all/forwarding': 0 })
  await t.rejects(readOff(host({}), about), { code: 'missing' }, 'such a machine says nothing')
})

t.test('an interface that is gone is no setting that is off', async (t) => {
  t.same(await readOff(host(on), { ...about, devices: ['cni9'] }), {})
})

t.test('findings', (t) => {
  t.same(kernel({ off: {} }), [])
  t.same(kernel({}), [])
  t.match(kernel({ off: { 'ipv4/ip_forward': 0, 'ipv4/conf/cni0/forwarding': 0 } }), [
    {
      code: 'cni.forwarding-off',
      subject: 'ipv4',
      text: 'The kernel does not forward IPv4 packets: net.ipv4.ip_forward is 0.',
      fix: [/: `sysctl -w net\/ipv4\/ip_forward=1`$/, /: `grep /],
    },
  ])
  t.match(kernel({ off: { 'ipv4/conf/flannel.1/forwarding': 0, 'ipv6/conf/all/forwarding': 0 } }), [
    {
      subject: 'ipv4',
      text: 'The kernel does not forward IPv4 packets from flannel.1.',
      fix: [/: `sysctl -w net\/ipv4\/conf\/flannel\.1\/forwarding=1`$/, /: `grep /],
    },
    { subject: 'ipv6', text: /ipv6\.conf\.all\.forwarding is 0/ },
  ])
  t.match(kernel({ off: { 'bridge/bridge-nf-call-iptables': 0 } }), [
    { code: 'cni.bridge-nf-off', fix: [/: `sysctl -w net\/bridge\/bridge-nf-call-iptables=1`$/] },
  ])
  t.match(kernel({ off: { 'bridge/bridge-nf-call-iptables': null } }), [
    { text: /br_netfilter is not loaded/, fix: [/: `modprobe br_netfilter`$/, /./] },
  ])
  t.end()
})
