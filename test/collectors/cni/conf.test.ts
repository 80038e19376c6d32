import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { recordedNode } from '../../../agent/host/replay.ts'
import {
  confFolder,
  netConfFile,
  parseConf,
  parseNetConf,
  parseSubnet,
  readConfs,
  subnetFile,
} from '../../../collectors/cni/conf.ts'
import { nodes } from './node.ts'

const home = { dataDir: '/var/lib/rancher/k3s' }
const healthy = join(nodes, 'healthy')
const recorded = (path: string) => readFileSync(join(healthy, 'files', path), 'utf8')

t.test('the files of a real node', async (t) => {
  t.same(await readConfs(recordedNode(healthy), confFolder(home)), [
    { file: '10-flannel.conflist', types: ['flannel', 'portmap'], bridge: 'cni0' },
  ])
  t.same(await readConfs(recordedNode(healthy), '/etc/cni/net.d'), [])
  t.same(parseSubnet(recorded(subnetFile)), {
    addresses: ['10.42.0.1/24'],
    networks: ['10.42.0.0/16'],
    mtu: 1450,
  })
  t.same(parseNetConf(recorded(netConfFile(home))), {
    type: 'vxlan',
    vni: 1,
    ipv4: true,
    ipv6: false,
    mode: 'separate',
  })
})

t.test('conflists', (t) => {
  t.equal(parseNetConf('{"Backend": {"Type": "a\\nb\\u202e"}}').type, 'a?b?')
  t.same(parseConf('a.conf', '{"type": "calico"}').types, ['calico'])
  t.same(parseConf('a.conflist', '{"plugins": [null, {"type": 3}, {"type": "cilium-cni"}]}').types, [
    'cilium-cni',
  ])
  for (const broken of ['', '{', '[]', 'null', '{"plugins": {}}'])
    t.same(parseConf('a', broken).types, [], broken)
  const delegate = (it: object) =>
    parseConf('a', JSON.stringify({ plugins: [{ type: 'flannel', delegate: it }] })).bridge
  t.equal(delegate({}), 'cni0')
  t.equal(delegate({ bridge: 'kbr0' }), 'kbr0')
  t.equal(delegate({ bridge: 'k\nbr0' }), 'cni0', 'no name that the kernel would take')
  t.equal(delegate({ type: 'ipvlan' }), undefined)
  t.end()
})

t.test('dual-stack', (t) => {
  const subnet = parseSubnet(
    'FLANNEL_IPV6_NETWORK=fd42::/56\nFLANNEL_IPV6_SUBNET=fd42::1/64\nFLANNEL_SUBNET=10.42.0.1/24\n',
  )
  t.same(subnet.addresses, ['10.42.0.1/24', 'fd42::1/64'])
  t.same(subnet.networks, ['fd42::/56'])
  t.match(parseNetConf('{"EnableIPv4": false, "EnableIPv6": true, "Backend": {"Type": "vxlan", "VNI": 7}}'), {
    vni: 7,
    ipv4: false,
    ipv6: true,
  })
  t.end()
})

t.test('nonsense', (t) => {
  t.same(parseSubnet('\0=\nFLANNEL_SUBNET=$(reboot)/24\nFLANNEL_MTU=x\n'), {
    addresses: [],
    networks: [],
    mtu: 0,
  })
  t.equal(parseNetConf('{"Backend": 3}').type, 'udp', "flannel's default")
  t.throws(() => parseNetConf('x'), SyntaxError)
  t.end()
})
