import { join } from 'node:path'
import t from 'tap'
import { nodes, typed } from '../../agent/cli/commands/typed.ts'

const { agent } = typed(t)

t.test('memory shows who was killed', async (t) => {
  const page = agent('memory', '--node', join(nodes, 'oom-kills'))
  t.equal(page.exit, 2, 'what it shows is critical')
  t.match(
    page.out,
    /^node1 {2}memory[\s\S]*00:29 UTC default\/oomer\/eater: tail \(pid 16343\) with 23.3 MiB/,
  )
  const json = JSON.parse(agent('memory', '--json', '--node', join(nodes, 'oom-kills')).out) as {
    data: { recent: unknown[] }
  }
  t.match(json, { version: 1, node: 'node1' })
  t.equal(json.data.recent.length, 17)
})
