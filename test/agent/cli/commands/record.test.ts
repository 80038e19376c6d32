import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { typed } from './typed.ts'

const { agent, folder } = typed(t)

t.test('record writes a node that answers check as this one did', async (t) => {
  const target = join(folder, 'recorded')
  const made = agent('record', target)
  t.match(made, {
    exit: 0,
    out: /node\.json +[\d.]+ KiB\n[\s\S]*in all +\d+ files[\s\S]*all log text \(--logs keeps it/,
  })
  t.ok(made.out.split('\n').length <= 24, 'what is in it, on one screen')
  t.match(agent('record', '--logs', `${target}-logs`).out, /read files\/var\/log .*line by line/)
  t.ok(existsSync(join(target, 'node.json')))
  const here = JSON.parse(agent('check', '--json', '--node', target).out)
  t.equal(here.node, 'test-node')
  const secret = readdirSync(target, { recursive: true, encoding: 'utf8' }).filter((it) => /\.key$/.test(it))
  t.strictSame(secret, [])
  t.match(agent('record', target), { exit: 3, err: /is not empty/ })
})
