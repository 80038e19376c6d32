import t from 'tap'
import { linkOf, plan } from '../../../collectors/cni/expected.ts'
import type { CniSample } from '../../../collectors/cni/sample.ts'
import { sampleOf } from './node.ts'

const well = await sampleOf('two-nodes-healthy-node2')
const netConf = { type: 'vxlan', vni: 1, ipv4: true, ipv6: false, mode: 'separate' }
const { k3s, netConf: _, ...rest } = well
if (!k3s) throw new Error('the recording has no k3s')
const agent: CniSample = { ...rest, k3s }
const server: CniSample = { ...rest, k3s: { ...k3s, role: 'server' } }
const bare = {
  subnet: null,
  netConf: null,
  confs: [],
  otherConfs: [],
  pods: {},
  interfaces: { links: [], ports: {}, loose: [] },
}

const overlays = (sample: CniSample) => {
  const it = plan(sample)
  return it.kind === 'flannel' ? it.overlays : it.kind
}

t.test('the backend comes from net-conf.json, then the flag, then the MTU', (t) => {
  t.same(overlays({ ...server, netConf }), ['flannel.1'])
  t.same(overlays({ ...server, netConf: { ...netConf, vni: 4096 } }), ['flannel.4096'])
  t.same(
    overlays({ ...server, netConf: { ...netConf, type: 'host-gw' }, flags: { 'flannel-backend': 'vxlan' } }),
    [],
  )
  t.same(overlays({ ...server, flags: { 'flannel-backend': 'host-gw' } }), [])
  t.same(overlays({ ...server, flags: { 'flannel-backend': 'wireguard-native=Mode=auto' } }), ['flannel-wg'])
  const mtu = (value: number) => ({ ...agent, subnet: { addresses: [], networks: [], mtu: value } })
  t.same(overlays(mtu(1450)), ['flannel.1'])
  t.same(overlays(mtu(1420)), ['flannel-wg'])
  t.same(overlays(mtu(1500)), [])
  t.same(overlays(mtu(0)), ['flannel.1'])
  t.end()
})

t.test('dual-stack has two overlays', (t) => {
  t.same(overlays({ ...server, netConf: { ...netConf, ipv6: true } }), ['flannel.1', 'flannel-v6.1'])
  t.same(overlays({ ...server, netConf: { ...netConf, ipv6: true, ipv4: false } }), ['flannel-v6.1'])
  const wireguard = { ...netConf, type: 'wireguard', ipv6: true }
  t.same(overlays({ ...server, netConf: wireguard }), ['flannel-wg', 'flannel-wg-v6'])
  t.same(overlays({ ...server, netConf: { ...wireguard, mode: 'auto' } }), ['flannel-wg'])
  t.same(overlays({ ...server, netConf: { ...netConf, type: 'extension' } }), [])
  t.end()
})

t.test('other CNIs and none', (t) => {
  const other = (sample: CniSample) => {
    const it = plan(sample)
    return it.kind === 'other' ? it.name : it.kind
  }
  const none = { 'flannel-backend': 'none' }
  t.equal(other({ ...server, flags: none }), 'no flannel')
  t.equal(other({ ...server, flags: none, foreign: 'Cilium' }), 'Cilium')
  t.equal(
    other({
      ...server,
      flags: none,
      otherConfs: [{ file: '10-calico.conflist', types: ['calico', 'portmap'] }],
    }),
    'CNI calico',
  )
  t.equal(other({ ...agent, ...bare, foreign: 'Calico', netConf }), 'Calico', 'files of former times')
  t.equal(other({ ...agent, foreign: 'Calico' }), 'flannel', 'flannel has run since boot')
  t.equal(other({ ...agent, ...bare }), 'unknown')
  t.equal(other({ ...server, ...bare }), 'flannel', "k3s's default")
  t.equal(other({ ...agent, k3s: { ...k3s, distribution: 'rke2' } }), 'canal')
  t.match(other({ ...server, flags: { 'disable-agent': 'true' } }), /runs no agent/)
  t.match(other({ ...server, flags: { rootless: 'true' } }), /rootless/)
  t.equal(other({}), 'no k3s')
  t.end()
})

t.test('the bridge is the one pods are on, then the one of the conflist', (t) => {
  const named = { ...server, confs: [{ file: 'x.conflist', types: ['flannel'], bridge: 'kbr0' }] }
  t.match(plan(named), { bridge: 'cni0' })
  t.match(plan({ ...named, pods: {} }), { bridge: 'kbr0' })
  t.match(plan({ ...server, pods: {}, confs: [] }), { bridge: 'cni0' })
  t.end()
})

t.test('linkOf', (t) => {
  t.equal(linkOf(well, 'cni0')?.kind, 'bridge')
  t.equal(linkOf(well, 'cni9'), undefined)
  t.end()
})
