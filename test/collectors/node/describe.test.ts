import { join } from 'node:path'
import t from 'tap'
import { recordedNode } from '../../../agent/host/replay.ts'
import { describeK3s } from '../../../collectors/node/describe.ts'

t.test('which k3s, in words', async (t) => {
  const node = (name: string) => recordedNode(join(import.meta.dirname, '../../nodes', name))
  t.equal(await describeK3s(node('healthy')), 'k3s server v1.21.2+k3s1')
  t.match(await describeK3s(node('two-nodes-healthy-node2')), /^k3s agent/)
  t.equal(await describeK3s(node('no-k3s')), 'no k3s')
})
