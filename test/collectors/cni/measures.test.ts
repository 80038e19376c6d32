import t from 'tap'
import { defaults } from '../../../agent/config/defaults.ts'
import { cni } from '../../../collectors/cni/index.ts'
import { measures } from '../../../collectors/cni/measures.ts'
import { declaredAlone } from '../../measures.ts'
import { sampleOf } from './node.ts'

t.test('of recorded nodes', (t) => declaredAlone(t, cni, 'pods_connected'))

t.test('addresses, DNS and other nodes; nothing of what is not known', async (t) => {
  const pool = { folder: '/x', size: 254, used: 12, leaked: { '10.42.0.9': 1 }, course: [] }
  const dns = { server: '10.43.0.10', name: 'kubernetes.default', due: true }
  const of = (sample: object) =>
    measures.of(sample as never, defaults(cni.settings), 0).map(({ name, value }) => [name, value])
  t.strictSame(of({ pool, dns, peers: [] }), [
    ['pod_addresses_limit', 254],
    ['pod_addresses_used', 12],
    ['pod_addresses_leaked', 1],
    ['peer_nodes', 0],
    ['cluster_dns_answers', 0],
  ])
  t.strictSame(of({ dns: { ...dns, rcode: 'NOERROR' } }), [['cluster_dns_answers', 1]])
  const node = await sampleOf('two-nodes-healthy-node1')
  const [{ via = '' } = {}] = node.peers ?? []
  const reached = (passes: 'all' | 'small') =>
    of({ ...node, reach: { [via]: { first: 0, at: 0, passes } } }).filter(([name]) => /^peer/.test(`${name}`))
  t.strictSame(reached('all'), [
    ['peer_nodes', 1],
    ['peer_nodes_asked', 1],
    ['peer_nodes_reached', 1],
  ])
  t.strictSame(reached('small').at(-1), ['peer_nodes_reached', 0])
  t.strictSame(of({}), [])
})
