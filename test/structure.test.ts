import { join } from 'node:path'
import t from 'tap'
import { walls } from './walls/index.ts'

/** The architecture as a test: each wall says why it is there, and test/walls/walls.test.ts breaks each one. */
const root = join(import.meta.dirname, '..')

for (const [what, broken] of Object.entries(walls))
  t.test(what, async (t) => {
    for (const sentence of broken(root)) t.fail(sentence)
    t.pass('checked')
  })
