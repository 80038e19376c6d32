import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { look } from '../agent/cli/commands/check.ts'
import { defaults } from '../agent/config/defaults.ts'
import { recordedNode } from '../agent/host/replay.ts'
import { collectors } from '../collectors/index.ts'

/**
 * Every recorded node, through every collector, to exactly the findings of its expected.txt. Run with
 * UPDATE=1 to write what is found now, and review the difference.
 */
const folder = join(import.meta.dirname, 'nodes')
const settings = new Map(collectors.map((it) => [it.name, defaults(it.settings)]))

for (const name of readdirSync(folder, { withFileTypes: true })
  .filter((it) => it.isDirectory())
  .map((it) => it.name))
  t.test(name, async (t) => {
    const host = recordedNode(join(folder, name))
    const seen = await look(host, host.node, (collector) => ({
      enabled: true,
      every: '',
      settings: settings.get(collector) ?? {},
    }))
    const found = seen.incidents
      .flatMap((it) => [it.cause, ...it.affected])
      .map((it) => `${it.code} ${it.subject}\n`)
      .sort()
      .join('')
    const file = join(folder, name, 'expected.txt')
    if (process.env.UPDATE === '1') writeFileSync(file, found)
    t.equal(found, readFileSync(file, 'utf8'))
    for (const it of seen.collectors) t.not(it.summary, '', `${it.name} says what it saw: ${it.summary}`)
  })
