import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { planned } from './run-order.ts'

const root = join(import.meta.dirname, '..')
const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
  .filter((it) => it.endsWith('.test.ts') && !it.startsWith('nodes/'))
  .map((it) => join('test', it))
  .sort()

t.test('every file runs once', async (t) => {
  for (const chosen of [files, files.slice(0, 1), files.filter((it) => it.includes('/real/')), []]) {
    const { lanes, rest } = planned(root, chosen)
    const all = [...lanes.flat(), ...rest].flat()
    t.equal(all.length, chosen.length)
    t.strictSame(new Set(all), new Set(chosen))
  }
})

t.test('who reads the kernel log runs beside nobody who fills it', async (t) => {
  const { lanes } = planned(root, files)
  const order = (lanes[0] ?? []).flat()
  t.strictSame(
    order.slice(0, 4),
    ['incident', 'systemd', 'forged-kills', 'kills'].map((it) => `test/real/${it}.test.ts`),
  )
  for (const it of ['memory', 'leak', 'pods', 'hostile', 'postgres-lines', 'sequences-kills'])
    t.ok(order.includes(`test/real/${it}.test.ts`), it)
})
