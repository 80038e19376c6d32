import { rmSync } from 'node:fs'
import t from 'tap'
import { cable, lacking, type RealNode, realNode, sh } from './cninode.ts'

/** Networks that are not flannel's, none at all, and dual-stack: nothing is wrong with any of them. */
if (lacking && process.env.CI !== 'true') {
  t.plan(0, lacking)
  process.exit(0)
}

const config = '/etc/rancher/k3s/config.yaml'
/** A node that flannel never touched. */
function bare(flags: string): RealNode {
  const node = realNode()
  node.ip('link add eth0 type veth peer name outside')
  node.ip('link set outside up')
  node.ip('addr add 192.0.2.10/24 dev eth0')
  node.ip('link set eth0 up')
  node.ip('route add default via 192.0.2.1')
  for (const path of ['/run/flannel', '/var/lib/rancher/k3s/agent/etc', '/var/lib/cni'])
    rmSync(node.file(path), { recursive: true })
  node.write(config, flags)
  return node
}
const quiet = async (node: RealNode) => {
  const { found, summary } = await node.look()
  t.same(found, [])
  return summary
}

t.test('without any CNI', async (t) => {
  const node = bare('flannel-backend: none\ndisable: coredns\n')
  t.teardown(() => node.close())
  t.match(await quiet(node), /^no flannel: not checked$/)
})

t.test('Calico, and what holds for it too', async (t) => {
  const node = bare('flannel-backend: none\n')
  t.teardown(() => node.close())
  await node.nameserver()
  node.ip('link add vxlan.calico type vxlan id 4096 local 192.0.2.10 dev eth0 dstport 4789')
  node.ip('link set vxlan.calico up')
  node.ip('link add cali0123456789a type veth peer name inner')
  node.ip('link set cali0123456789a up')
  node.write('/etc/cni/net.d/10-calico.conflist', '{"plugins": [{"type": "calico"}, {"type": "portmap"}]}')
  t.match(await quiet(node), /^Calico: not flannel, only general checks/)
  sh(`${node.inside.join(' ')} sysctl -qw net.ipv4.ip_forward=0`)
  t.match((await node.look()).found, [{ code: 'cni.forwarding-off', subject: 'ipv4' }])
  sh(`${node.inside.join(' ')} sysctl -qw net.ipv4.ip_forward=1`)
  node.remove('/etc/cni/net.d/10-calico.conflist')
  t.match((await node.look()).found, [{ code: 'cni.conf-missing', subject: '/etc/cni/net.d' }])
})

t.test('Canal has flannel.1 as well', async (t) => {
  const node = bare('flannel-backend: none\n')
  t.teardown(() => node.close())
  await node.nameserver()
  node.vxlan()
  node.ip('link add cali0123456789a type veth peer name inner')
  node.write('/etc/cni/net.d/10-canal.conflist', '{"plugins": [{"type": "calico"}]}')
  t.match(await quiet(node), /^Canal:/)
})

t.test('Cilium', async (t) => {
  const node = bare('flannel-backend: none\n')
  t.teardown(() => node.close())
  await node.nameserver()
  node.ip('link add cilium_net type veth peer name cilium_host')
  for (const name of ['cilium_net', 'cilium_host']) node.ip(`link set ${name} up`)
  node.ip('link add cilium_vxlan type vxlan external dstport 8472')
  node.write('/etc/cni/net.d/05-cilium.conflist', '{"plugins": [{"type": "cilium-cni"}]}')
  t.match(await quiet(node), /^Cilium:/)
})

t.test('dual-stack: both overlays, both bridge addresses, both routes to a peer', async (t) => {
  const node = realNode()
  t.teardown(() => node.close())
  await node.nameserver()
  cable(node)
  node.join(1)
  const run = (command: string) => sh(`${node.inside.join(' ')} ${command}`)
  node.write(
    '/run/flannel/subnet.env',
    'FLANNEL_NETWORK=10.42.0.0/16\nFLANNEL_SUBNET=10.42.0.1/24\nFLANNEL_IPV6_NETWORK=fd42::/56\nFLANNEL_IPV6_SUBNET=fd42::1/64\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n',
  )
  node.write(
    '/var/lib/rancher/k3s/agent/etc/flannel/net-conf.json',
    '{"Network": "10.42.0.0/16", "IPv6Network": "fd42::/56", "EnableIPv6": true, "EnableIPv4": true, "Backend": {"Type": "vxlan"}}',
  )
  run('sysctl -qw net.ipv6.conf.all.forwarding=1 net.bridge.bridge-nf-call-ip6tables=1')
  node.ip('addr add 2001:db8::10/64 dev eth0 nodad')
  node.ip(
    'link add flannel-v6.1 mtu 1430 type vxlan id 1 local 2001:db8::10 dev eth0 dstport 8472 nolearning',
  )
  node.ip('addr add fd42::/128 dev flannel-v6.1 nodad')
  node.ip('link set flannel-v6.1 up')
  const mac = '0a:58:0a:2a:01:06'
  node.ip(`neigh replace fd42:0:0:1:: dev flannel-v6.1 lladdr ${mac} nud permanent`)
  run(`bridge fdb replace ${mac} dev flannel-v6.1 dst 2001:db8::11 self permanent`)
  node.ip('-6 route replace fd42:0:0:1::/64 via fd42:0:0:1:: dev flannel-v6.1 onlink')
  node.add('web-1')
  node.ip('addr add fd42::1/64 dev cni0 nodad')
  const summary = await quiet(node)
  t.match(summary, /flannel\.1 up .*, flannel-v6\.1 up .*, 2 peers/)

  node.ip('-6 route del fd42:0:0:1::/64')
  const [lost] = (await node.look()).found
  t.match(lost, { code: 'cni.routes-missing', subject: 'fd42:0:0:1::/64' })
  node.follow(lost)
  node.ip('link del flannel-v6.1')
  t.match((await node.look()).found, [{ code: 'cni.overlay-missing', subject: 'flannel-v6.1' }])
})
