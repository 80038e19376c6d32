import t from 'tap'
import { byNode, inStorm } from '../../../collectors/memory/proofs.ts'
import { finding } from '../../agent/findings.ts'

t.test('a kill at a limit does not follow from the node, nor from a storm of others', async (t) => {
  const node = finding({ code: 'memory.oom-system' })
  const kill = (evidence: object) =>
    finding({ code: 'memory.oom-killed', subject: 'shop/db', evidence: { ...evidence } })
  t.ok(byNode(node, kill({ 'because the node ran out': 2 })))
  t.notOk(byNode(node, kill({ limit: '64 MiB' })))
  const storm = (containers: string) => finding({ code: 'memory.oom-storm', evidence: { containers } })
  t.ok(inStorm(storm('shop/web, shop/db'), kill({})))
  t.notOk(inStorm(storm('shop/web, shop/db-1'), kill({})))
  t.notOk(inStorm(finding({ code: 'memory.oom-storm' }), kill({})))
})
