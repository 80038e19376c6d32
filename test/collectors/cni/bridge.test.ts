import t from 'tap'
import { areCutOff, bridge, hanging } from '../../../collectors/cni/bridge.ts'
import { codes, sampleOf, withLink } from './node.ts'

const well = await sampleOf('healthy')
const broken = await sampleOf('cni0-deleted')

t.test('a bridge that is gone: who hung on it, and what brings it back', (t) => {
  const [it] = bridge(broken, 'cni0')
  t.match(it, {
    code: 'cni.bridge-missing',
    subject: 'cni0',
    text: /^The bridge cni0 is missing: 5 pods \(kube-system\/ingress, default\/web-\S+, default\/web-\S+ and 2 more\) have no network\./,
    evidence: { pods: 5, veths: 5 },
  })
  t.match(it?.fix, [
    /the first new pod restores cni0: `kubectl -n kube-system delete pod ingress`$/,
    /: `kubectl -n default delete pod (web-\S+ ?){3}`$/,
    /^Then do the same for 1 more pod, listed by: `agent network`$/,
  ])
  t.end()
})

t.test('veths alone tell it too, when no name is known', (t) => {
  t.match(bridge({ ...broken, pods: {} }, 'cni0'), [{ text: /missing: 5 pods have no network\./ }])
  t.end()
})

t.test('without pods there need be no bridge', (t) => {
  const { links } = broken.interfaces ?? { links: [] }
  const empty = { ...broken, pods: {}, interfaces: { links, ports: {}, loose: [] } }
  t.same(bridge(empty, 'cni0'), [])
  t.same(
    bridge(
      withLink(
        {
          ...well,
          pods: {},
          interfaces: { ...well.interfaces, links: well.interfaces?.links ?? [], ports: {}, loose: [] },
        },
        'cni0',
        { up: false, addresses: [] },
      ),
      'cni0',
    ),
    [],
  )
  t.end()
})

t.test('down', (t) => {
  t.match(bridge(withLink(well, 'cni0', { up: false }), 'cni0'), [
    { code: 'cni.bridge-down', fix: ['Set it up, which restores its route too: `ip link set cni0 up`'] },
  ])
  t.end()
})

t.test('without its address, or with another', (t) => {
  t.match(bridge(withLink(well, 'cni0', { addresses: [] }), 'cni0'), [
    { code: 'cni.bridge-address', text: /^The bridge cni0 lacks 10\.42\.0\.1\/24, .*; it has none\.$/ },
  ])
  t.match(bridge(withLink(well, 'cni0', { addresses: ['10.42.7.1/24'] }), 'cni0'), [
    {
      text: /; it has 10\.42\.7\.1\/24\.$/,
      fix: [/: `ip addr show/, /: `ip addr add 10\.42\.0\.1\/24 brd \+ dev cni0`$/],
    },
  ])
  const { subnet: _, ...blind } = well
  t.same(codes(withLink(blind, 'cni0', { addresses: [] })), [], 'what it should have is not known')
  t.end()
})

t.test('dual-stack: both addresses, and IPv6 only while it is up', (t) => {
  const both = { ...well, subnet: { addresses: ['10.42.0.1/24', 'fd42::1/64'], networks: [], mtu: 1450 } }
  t.match(bridge(both, 'cni0'), [
    { text: /lacks fd42::1\/64/, fix: [/: `ip addr show/, /: `ip addr add fd42::1\/64 dev cni0`/] },
  ])
  t.same(bridge(withLink(both, 'cni0', { addresses: both.subnet.addresses }), 'cni0'), [])
  t.equal(bridge(withLink(both, 'cni0', { up: false }), 'cni0').length, 1)
  t.end()
})

t.test('a new bridge does not hold the old veths', (t) => {
  const links = [
    ...(broken.interfaces?.links ?? []),
    ...(well.interfaces?.links ?? []).filter((it) => it.name === 'cni0'),
  ]
  const loose = broken.interfaces?.loose ?? []
  const again = { ...broken, interfaces: { links, ports: { cni0: 1 }, loose } }
  t.match(bridge(again, 'cni0'), [{ code: 'cni.veth-orphaned', subject: 'cni0', evidence: { pods: 5 } }])
  t.same(bridge({ ...again, pods: {} }, 'cni0'), [], 'a veth of no known pod may be one that is being made')
  t.end()
})

t.test('pods of another network do not hang on this bridge', (t) => {
  t.equal(hanging(well, 'cni0').pods.length, 5)
  t.equal(hanging(well, 'br-lan').pods.length, 0)
  t.end()
})

t.test('whether pods are cut off, so that their end is awaited', (t) => {
  t.notOk(areCutOff(well, 'cni0'))
  t.ok(areCutOff(broken, 'cni0'), 'the bridge is gone')
  const links = well.interfaces?.links ?? []
  const loose = broken.interfaces?.loose ?? []
  t.ok(
    areCutOff({ ...broken, interfaces: { links, ports: { cni0: 1 }, loose } }, 'cni0'),
    'old veths are left',
  )
  t.notOk(areCutOff({ ...broken, pods: {}, interfaces: { links, ports: { cni0: 1 }, loose } }, 'cni0'))
  const [gone = ''] = Object.values(well.pods ?? {}).map((it) => it.veth)
  t.ok(areCutOff({ ...well, gone: [gone] }, 'cni0'), 'or a veth is no more')
  t.notOk(areCutOff({}, 'cni0'))
  t.end()
})
