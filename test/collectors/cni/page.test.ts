import { join } from 'node:path'
import t from 'tap'
import { nodes, typed } from '../../agent/cli/commands/typed.ts'

const { agent, folder } = typed(t)

t.test('network shows the pod network of this machine and of a recorded one', async (t) => {
  const broken = agent('network', '--node', join(nodes, 'cni0-deleted'))
  t.equal(broken.exit, 2)
  t.match(broken.out, /cni0 +missing\n +CRITICAL the pod bridge is gone/)
  t.equal(agent('network', '--node', join(nodes, 'two-nodes-healthy-node1')).exit, 0)
  const json = JSON.parse(
    agent('network', '--json', '--node', join(nodes, 'two-nodes-peer-route-deleted-node1')).out,
  )
  t.match(json, {
    version: 1,
    node: 'node1',
    data: { peers: [{ lacks: ['route'] }] },
    findings: [{ code: 'cni.routes-missing', severity: 'critical' }],
  })
  t.ok([0, 1, 2].includes(agent('network').exit as number), 'without a daemon')
  t.match(agent('network', '--node', folder), { exit: 3, err: /no recorded node/ })
})
