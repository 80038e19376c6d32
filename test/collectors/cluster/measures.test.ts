import t from 'tap'
import { measures } from '../../../collectors/cluster/measures.ts'

t.test('which nodes are Ready; nothing while the API does not say so', async (t) => {
  const nodes = [
    { name: 'node1', ready: true, server: true as const },
    { name: 'node2', ready: false },
  ]
  const of = (it: object) => measures.of(it, {}, 0).map(({ labels, value }) => [labels?.member, value])
  t.strictSame(of({ nodes }), [
    ['node1', 1],
    ['node2', 0],
  ])
  t.strictSame(of({ nodes, silent: { since: 0, why: '', peers: [] } }), [])
  t.strictSame(of({}), [])
})
