import t from 'tap'
import { summary } from '../../../collectors/cluster/summary.ts'

const place = {
  me: 'server1',
  distribution: 'k3s' as const,
  api: { origin: 'https://127.0.0.1:6443', authority: '/ca', certificate: '/c' },
}
const node = (name: string, ready = true, server = false) => ({
  name,
  ready,
  ...(server && { server: true as const }),
})
const role = 'server' as const

t.test('in one line: how many nodes, which are not Ready, and who notifies', async (t) => {
  t.equal(summary({}, 0), 'no k3s on this machine')
  t.equal(summary({ role: 'agent' }, 0), 'only servers watch other nodes')
  t.equal(summary({ role, place }, 0), 'nodes not listed')
  t.equal(summary({ role, place, nodes: [node('server1', true, true)] }, 0), '1 node, all Ready')
  const nodes = [node('server1', true, true), node('server2', true, true), node('node3', false)]
  t.equal(
    summary({ role, place, nodes: nodes.slice(0, 2) }, 0),
    '2 nodes, all Ready; server1 notifies of lost ones',
  )
  const lost = (by: string) => [{ name: 'node3', first: 0, by }]
  t.equal(summary({ role, place, nodes, lost: lost('server1') }, 0), '3 nodes; node3 NotReady')
  t.equal(
    summary({ role, place, nodes, lost: lost('server2') }, 0),
    '3 nodes; node3 NotReady, server2 notifies',
  )
  const self = [node('server1', false, true), node('server2', true, true)]
  t.equal(
    summary({ role, place, nodes: self }, 0),
    '2 nodes, this one NotReady; server2 notifies of lost ones',
  )
  const many = Array.from({ length: 5 }, (_, at) => ({ name: `n${at}`, first: 0, by: 'server1' }))
  t.match(summary({ role, place, nodes, lost: many }, 0), /; 2 more$/)
  const silent = {
    since: 0,
    why: 'x',
    peers: [{ name: 'server2', distribution: 'k3s' as const, since: 5 }, { name: 'server3' }],
  }
  t.equal(
    summary({ role, place, nodes, silent }, 120_000),
    'API not answering for 2 min, nodes as they were; not answering either: server2',
  )
})
