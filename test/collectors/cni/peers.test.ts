import { readFileSync } from 'node:fs'
import { join as path } from 'node:path'
import t from 'tap'
import { parseRoutes } from '../../../collectors/cni/links.ts'
import { join, parseForwarding, parseNeighbours } from '../../../collectors/cni/peers.ts'
import type { Peer } from '../../../collectors/cni/sample.ts'
import { nodes } from './node.ts'

const printed = (node: string, file: string) => readFileSync(path(nodes, node, 'commands', file), 'utf8')
const seenOn = (node: string) => ({
  routes: parseRoutes(printed(node, 'ip_-j_-d_route_show.out')).routes,
  neighbours: parseNeighbours(printed(node, 'ip_-j_-d_neigh_show.out')),
  forwarding: parseForwarding(printed(node, 'bridge_-j_fdb_show.out')),
})
const about = {
  vxlans: ['flannel.1'],
  overlays: ['flannel.1'],
  networks: ['10.42.0.0/16'],
  own: ['10.42.0.1/24'],
}
const well = seenOn('two-nodes-healthy-node1')
const peer: Peer = {
  subnet: '10.42.1.0/24',
  via: '10.42.1.0',
  dev: 'flannel.1',
  mac: '6e:b3:c4:42:08:4b',
  node: '192.0.2.20',
}
const without = <K, V>(map: ReadonlyMap<K, V>, part: string) =>
  new Map([...map].filter(([key]) => !String(key).includes(part)))

t.test('a peer of a real node is whole, and its stale FDB entry is no fault', (t) => {
  t.equal(well.forwarding.size, 2, 'one of them stale')
  t.same(join(well, [], about), [peer])
  t.same(join(well, [peer], about), [peer])
  t.end()
})

t.test('of more nodes than are kept those that lack something are', (t) => {
  const routes = Array.from({ length: 600 }, (_, at) => {
    const via = `10.42.${(at >> 7) + 2}.${2 * (at & 127)}`
    return { subnet: `${via}/31`, via, dev: 'eth0' }
  })
  const lost = seenOn('two-nodes-peer-fdb-deleted-node1')
  const peers = join({ ...lost, routes: [...routes, ...lost.routes] }, [], about)
  t.equal(peers.length, 512)
  t.match(peers.at(-1), { subnet: peer.subnet, lacks: ['fdb'] })
  t.end()
})

t.test('what each recorded fault took away, without having seen the peer before', (t) => {
  const lacks = (node: string) => join(seenOn(node), [], about).map((it) => it.lacks)
  t.same(lacks('two-nodes-peer-route-deleted-node1'), [['route']])
  t.same(lacks('two-nodes-peer-fdb-deleted-node1'), [['fdb']])
  t.same(lacks('two-nodes-overlay-deleted-on-node2-node1'), [undefined], 'its own side is whole')
  t.end()
})

t.test('a lost neighbour, and all but one lost', (t) => {
  const neighbours = without(well.neighbours, 'flannel.1')
  t.same(join({ ...well, neighbours }, [], about), [
    { subnet: peer.subnet, via: peer.via, dev: peer.dev, lacks: ['neighbour'] },
  ])
  t.same(
    join({ ...well, neighbours }, [peer], about),
    [{ ...peer, lacks: ['neighbour'] }],
    'with what was seen before, its MAC and its node are known',
  )
  t.same(
    join({ routes: [], neighbours, forwarding: well.forwarding }, [peer], about),
    [{ ...peer, lacks: ['route', 'neighbour'] }],
    'as after the overlay was set down and up',
  )
  t.end()
})

t.test('a node that left has lost all three, and is forgotten', (t) => {
  const gone = {
    routes: [],
    neighbours: without(well.neighbours, 'flannel.1'),
    forwarding: without(well.forwarding, '6e:b3'),
  }
  t.same(join(gone, [peer], about), [])
  t.same(join(gone, [], about), [], 'the stale entry alone is no peer')
  t.end()
})

t.test('a peer that came again with another MAC address', (t) => {
  const mac = '0a:00:00:00:00:01'
  const again = {
    routes: well.routes,
    neighbours: new Map([['flannel.1 10.42.1.0', mac]]),
    forwarding: new Map([...well.forwarding, [`flannel.1 ${mac}`, '192.0.2.20']]),
  }
  t.same(join(again, [peer], about), [{ ...peer, mac }])
  t.end()
})

t.test('while the overlay is away its peers are remembered and not judged', (t) => {
  const away = { ...about, vxlans: [] }
  t.same(join({ routes: [] }, [{ ...peer, lacks: ['route'] }], away), [peer])
  t.end()
})

t.test('what could not be seen is not missing', (t) => {
  t.same(join({ routes: well.routes }, [], about), [{ subnet: peer.subnet, via: peer.via, dev: peer.dev }])
  const { forwarding: _, ...blind } = well
  t.same(join(blind, [peer], about), [peer])
  t.end()
})

t.test('dual-stack, direct routing and host-gw', (t) => {
  const six = { subnet: 'fd42:0:1::/64', via: 'fd42:0:1::', dev: 'flannel-v6.1' }
  const both = {
    routes: [...well.routes, six],
    neighbours: new Map([...well.neighbours, ['flannel-v6.1 fd42:0:1::', peer.mac ?? '']]),
    forwarding: new Map([...well.forwarding, [`flannel-v6.1 ${peer.mac}`, '2001:db8::20']]),
  }
  const dual = {
    vxlans: ['flannel.1', 'flannel-v6.1'],
    overlays: ['flannel.1', 'flannel-v6.1'],
    networks: ['10.42.0.0/16', 'fd42::/32'],
    own: ['10.42.0.1/24', 'fd42::1/64'],
  }
  t.same(join(both, [], dual), [peer, { ...six, mac: peer.mac, node: '2001:db8::20' }])
  t.same(
    join({ ...both, routes: well.routes }, [], dual)[1],
    { ...six, mac: peer.mac, node: '2001:db8::20', lacks: ['route'] },
    'its size is that of this node',
  )
  const direct = { subnet: '10.42.1.0/24', via: '192.0.2.20', dev: 'eth0' }
  t.same(join({ ...well, routes: [direct], neighbours: new Map() }, [], about), [direct])
  t.same(join({ routes: [direct] }, [], { ...about, vxlans: [], overlays: [] }), [direct])
  t.end()
})

t.test('nonsense', (t) => {
  const rows =
    '[{}, {"dst": "x", "dev": "a"}, {"dst": "10.0.0.1", "dev": "a/b", "lladdr": "00:00:00:00:00:01"}]'
  t.equal(parseNeighbours(rows).size, 0)
  t.equal(parseForwarding('[{"mac": "zz", "ifname": "a", "dst": "1.1.1.1"}]').size, 0)
  t.equal(
    parseNeighbours('[{"dst": "10.0.0.1", "dev": "a", "lladdr": "00:00:00:00:00:01", "state": ["FAILED"]}]')
      .size,
    0,
  )
  for (const other of ['', 'x', '{}', '[null]', '[1]', '[{"ifname": "a"}]'])
    t.throws(() => parseForwarding(other), SyntaxError, `${other}: no answer, not an empty table`)
  t.throws(() => parseNeighbours(''))
  t.equal(parseForwarding('[ ]').size, 0)
  t.end()
})
