import { join } from 'node:path'
import t from 'tap'
import { page as memory } from '../../../collectors/memory/page.ts'
import type { MemorySample } from '../../../collectors/memory/sample.ts'
import { nodes, typed } from '../../agent/cli/commands/typed.ts'
import { viewOn } from '../../agent/views.ts'

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
  t.match(json, { version: 2, node: 'node1' })
  t.equal(json.data.recent.length, 17)
})

t.test('the boot before, and what fills up, with times as ISO 8601', async (t) => {
  const at = Date.parse('2026-11-23T03:00:00Z')
  const iso = '2026-11-23T03:00:00.000Z'
  const quiet: MemorySample = { cursor: 0, victims: [], pods: [], recent: [] }
  const points = Array.from(
    { length: 12 },
    (_, it) => [at / 1000 - (11 - it) * 30, (70 + it) * 2 ** 20] as const,
  )
  const json = memory.json(
    viewOn<MemorySample, object>(
      {
        ...quiet,
        uses: { a: { used: 81 * 2 ** 20, limit: 100 * 2 ** 20, points } },
        lastBoot: { readIn: 'x', tries: 1, booted: at, ended: at, kills: 5, last: at, who: 'tail' },
      },
      {},
    ),
  )
  t.match(json, {
    containers: [{ id: 'a', full: { at: /^2026-11-23T03:.*Z$/, confidence: 'rough' } }],
    lastBoot: { booted: iso, ended: iso, orderly: false, kills: 5, last: iso, who: 'tail' },
  })
  t.notOk('kills' in memory.json(viewOn(quiet, {})), 'where the kernel does not count')
})
