import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { sinks } from '../agent/delivery/sinks/index.ts'
import { current } from './messages.ts'

t.test("the README's messages are what the sinks write now", async (t) => {
  const written = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')
  t.equal(written, await current(), 'npm run docs writes them')
  t.equal(sinks.length, 3, 'each sink has one')
})
