import t from 'tap'
import {
  clusterNetworks,
  expected,
  kubePart,
  kubeParts,
  missingParts,
  settled,
} from '../../../../collectors/firewall/checks/kube.ts'
import type { RuleSet } from '../../../../collectors/firewall/rule-set.ts'
import type { K3s } from '../../../../collectors/node/k3s.ts'

const k3s = (flags: K3s['flags'] = {}): K3s => ({
  distribution: 'k3s',
  role: 'server',
  dataDir: '/var/lib/rancher/k3s',
  unit: 'k3s',
  running: { pid: 1, since: 0 },
  flags,
  binary: '/usr/local/bin/k3s',
})

t.test('parts of the nat table', (t) => {
  t.equal(
    kubePart(
      'PREROUTING',
      '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    ),
    'PREROUTING to KUBE-SERVICES',
  )
  t.equal(
    kubePart('PREROUTING', '-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT'),
    undefined,
  )
  t.equal(kubePart('KUBE-SERVICES', ''), 'KUBE-SERVICES')
  t.equal(kubePart('KUBE-SEP-X', ''), undefined)
  t.equal(kubePart('INPUT', '-A INPUT -j KUBE-SERVICES'), undefined)
  t.end()
})

t.test('where kube-proxy is expected to write', (t) => {
  const of = (flags: K3s['flags'], pods = ['10.42.0.0/16']) => expected(k3s(flags), pods).proxies
  t.same(of({}), ['ipv4'])
  t.same(of({}, ['10.42.0.0/16', 'fd00::/56']), ['ipv4', 'ipv6'])
  t.same(of({}, ['fd00::/56']), ['ipv6'])
  t.same(of({ 'disable-kube-proxy': ['true'] }), [])
  t.same(of({ 'disable-kube-proxy': ['false'] }), ['ipv4'])
  t.same(of({ 'disable-agent': ['true'] }), [])
  t.same(of({ 'kube-proxy-arg': ['v=4', 'proxy-mode=nftables'] }), [])
  t.same(of({ 'kube-proxy-arg': ['proxy-mode=ipvs'] }), [])
  t.same(of({ 'kube-proxy-arg': ['proxy-mode=iptables'] }), ['ipv4'])
  t.end()
})

t.test('networks: told, noted, or by default', (t) => {
  t.same(clusterNetworks(k3s(), undefined), { pods: ['10.42.0.0/16'], services: ['10.43.0.0/16'] })
  t.same(clusterNetworks(k3s(), 'FLANNEL_NETWORK=10.52.0.0/16\nFLANNEL_SUBNET=10.52.1.1/24\n').pods, [
    '10.52.0.0/16',
  ])
  t.same(
    clusterNetworks(
      k3s({ 'cluster-cidr': ['10.1.0.0/16,fd00::/56'], 'service-cidr': ['10.2.0.0/16'] }),
      'FLANNEL_NETWORK=10.1.0.0/16',
    ),
    { pods: ['10.1.0.0/16', 'fd00::/56'], services: ['10.2.0.0/16'] },
  )
  t.end()
})

t.test('k3s needs a while', (t) => {
  const it = expected(k3s(), ['10.42.0.0/16'])
  t.notOk(settled(it, 60_000))
  t.ok(settled(it, 3 * 60_000))
  t.notOk(settled({ unit: 'k3s', proxies: ['ipv4'] }, 1e12))
  t.notOk(settled(undefined, 1e12))
  t.end()
})

t.test('one backend has to have all parts', (t) => {
  const set = (kube: readonly string[], backend: 'nft' | 'legacy' = 'nft') =>
    ({ family: 'ipv4', backend, kube }) as unknown as RuleSet
  t.same(missingParts([set(kubeParts)], 'ipv4'), [])
  t.same(missingParts([set([]), set(kubeParts, 'legacy')], 'ipv4'), [])
  t.same(
    missingParts([set(kubeParts.slice(0, 3)), set(kubeParts.slice(3), 'legacy')], 'ipv4'),
    kubeParts.slice(3),
  )
  t.same(missingParts([set(kubeParts)], 'ipv6'), kubeParts)
  t.end()
})
