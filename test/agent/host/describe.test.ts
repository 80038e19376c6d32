import { join } from 'node:path'
import t from 'tap'
import { describeK3s, describeMachine } from '../../../agent/daemon/describe.ts'
import { recordedNode } from '../../../agent/host/replay.ts'

t.test('which k3s, in words', async (t) => {
  const node = (name: string) => recordedNode(join(import.meta.dirname, '../../nodes', name))
  t.equal(await describeK3s(node('healthy')), 'k3s server v1.21.2+k3s1')
  t.match(await describeK3s(node('two-nodes-healthy-node2')), /^k3s agent/)
  t.equal(await describeK3s(node('no-k3s')), 'no k3s')
})

t.test('which machine, in words', async (t) => {
  const folder = t.testdir({ a: 'NAME=x\nPRETTY_NAME="Some Linux 9 (nine)"\n', b: 'garbage' })
  t.match(describeMachine(`${folder}/a`), /^Some Linux 9 \(nine\), kernel \d+\.\d+.*, \d+ cores?, \d+ GiB$/)
  for (const path of ['b', 'none']) t.match(describeMachine(`${folder}/${path}`), /^kernel /)
})
