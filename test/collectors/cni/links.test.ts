import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { keptLinks, parseLinks, parseRoutes, peersOf, within } from '../../../collectors/cni/links.ts'
import { parseForwarding, parseNeighbours } from '../../../collectors/cni/peers.ts'
import { nodes } from './node.ts'

const printed = (node: string, file: string) => readFileSync(join(nodes, node, 'commands', file), 'utf8')

t.test('the links of a real node', (t) => {
  const { links, ports, loose, veths, foreign } = parseLinks(printed('healthy', 'ip_-j_-d_addr_show.out'))
  t.same(
    links.map((it) => it.name),
    ['lo', 'eth0', 'flannel.1', 'cni0'],
  )
  t.match(links[2], { kind: 'vxlan', up: true, mtu: 1450, over: 'eth0', addresses: ['10.42.0.0/32'] })
  t.same(ports, { cni0: 5 })
  t.same(loose, [])
  t.equal(veths.size, 6)
  t.equal(foreign, undefined)
  t.end()
})

t.test('veths that lost their bridge', (t) => {
  const { loose, ports } = parseLinks(printed('cni0-deleted', 'ip_-j_-d_addr_show.out'))
  t.equal(loose.length, 5)
  t.same(ports, {})
  t.end()
})

t.test('other CNIs leave their marks', (t) => {
  const mark = (ifname: string) => parseLinks(JSON.stringify([{ ifname, flags: [] }])).foreign
  t.equal(mark('cali0123456789a'), 'Calico')
  t.equal(mark('vxlan.calico'), 'Calico')
  t.equal(mark('cilium_host'), 'Cilium')
  t.equal(mark('antrea-gw0'), 'Antrea')
  t.equal(mark('eth0'), undefined)
  t.end()
})

t.test('what is no list of links is no answer, not a machine without links', (t) => {
  for (const other of [
    ...['', '{}', 'null', '[]', '[ ]', '[null]', '[3]', '[[]]', '[{"ifname": 7}]', '[{"name": "lo"}]'],
    ...['1: lo: <LOOPBACK>', '[{"ifname": "lo"}'],
  ])
    t.throws(() => parseLinks(other), SyntaxError, other)
  t.same(parseRoutes('[ ]').routes, [], 'a list of routes may be empty')
  t.same(parseRoutes('[{},{}]').routes, [], 'and has empty entries where a filter left some out')
  t.throws(() => parseRoutes(''))
  t.throws(() => parseRoutes('[{"dev": "eth0"}]'))
  t.end()
})

t.test('what iproute2 itself prints where there is nothing', { skip: process.getuid?.() !== 0 }, (t) => {
  const empty = (...argv: string[]) =>
    execFileSync('unshare', ['--net', ...argv], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  t.equal(parseLinks(empty('ip', '-j', '-d', 'addr', 'show')).links.length, 1, 'loopback')
  t.same(parseRoutes(empty('ip', '-j', '-d', 'route', 'show')), { routes: [], direct: [] })
  t.equal(parseNeighbours(empty('ip', '-j', '-d', 'neigh', 'show')).size, 0)
  t.equal(parseForwarding(empty('bridge', '-j', 'fdb', 'show')).size, 0)
  t.end()
})

t.test('names that no link can have are left out, and no number of links fills the sample', (t) => {
  t.same(parseLinks('[{"ifname": "a/b"}, {"ifname": "sixteen-letters-"}]').links, [])
  const many = Array.from({ length: 5000 }, (_, at) => ({ ifname: `eth0.${at}`, flags: ['UP'] }))
  const { links } = parseLinks(JSON.stringify(many))
  const kept = keptLinks(links, new Set(['eth0.4999', 'cni0']))
  t.equal(kept.length, 65)
  t.equal(kept.at(-1)?.name, 'eth0.4999', 'but what something is judged by is kept')
  t.end()
})

t.test('routes: the uplink and the peers', (t) => {
  const { uplink, routes } = parseRoutes(printed('two-nodes-healthy-node1', 'ip_-j_-d_route_show.out'))
  t.equal(uplink, 'eth0')
  const peer = { subnet: '10.42.1.0/24', via: '10.42.1.0', dev: 'flannel.1' }
  t.same(peersOf(routes, []), [peer])
  t.same(peersOf([peer, { subnet: '172.16.0.0/12', via: '192.0.2.1', dev: 'eth0' }], ['10.42.0.0/16']), [
    peer,
  ])
  t.equal(peersOf([{ ...peer, dev: 'eth0' }], ['10.42.0.0/16']).length, 1, 'host-gw')
  t.same(peersOf([{ ...peer, dev: 'eth0' }], ['10.42.0.0/99', 'fd42::/56']), [])
  t.same(parseRoutes('[]'), { routes: [], direct: [] })
  t.end()
})

t.test('veths of pods whose MTU is not the one of their bridge', (t) => {
  const json = JSON.parse(printed('healthy', 'ip_-j_-d_addr_show.out')) as { ifname: string; mtu: number }[]
  t.equal(parseLinks(JSON.stringify(json)).odd, undefined)
  const [changed] = json.filter((it) => it.ifname.startsWith('veth'))
  if (changed) changed.mtu = 1400
  t.same(parseLinks(JSON.stringify(json)).odd, { [changed?.ifname ?? '']: 1400 })
  t.end()
})

t.test('a route of an overlay itself, and networks', (t) => {
  const rows = [
    { dst: '10.42.0.0/16', dev: 'flannel-wg', scope: 'link' },
    { dst: '10.42.0.0/24', dev: 'cni0', scope: 'link' },
  ]
  t.same(parseRoutes(JSON.stringify(rows)).direct, ['flannel-wg'])
  const inside = within(['10.42.0.0/16', 'fd42::/56'])
  t.ok(inside('10.42.7.0'))
  t.ok(inside('fd42::1'))
  t.notOk(inside('10.43.0.1'))
  t.notOk(inside('x'))
  t.end()
})
