import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { onAll, screens, screensOfNodes } from './screens.ts'

/**
 * Every command on every terminal, to exactly what its file in `expected` holds. Run with UPDATE=1 to write what is
 * shown now, and review the difference.
 */
const folder = join(import.meta.dirname, 'expected')

t.test('each command shows on each terminal what was reviewed', async (t) => {
  const all = [...screens(), ...(await screensOfNodes())]
  if (process.env.UPDATE === '1') mkdirSync(folder, { recursive: true })
  for (const it of all) {
    const file = join(folder, `${it.name}.txt`)
    const shown = onAll(it)
    if (process.env.UPDATE === '1') writeFileSync(file, shown)
    t.equal(shown, existsSync(file) ? readFileSync(file, 'utf8') : '', it.name)
  }
  t.strictSame(
    readdirSync(folder).sort(),
    all.map((it) => `${it.name}.txt`).sort((a, b) => (a < b ? -1 : 1)),
    'and nothing is expected of what is not there',
  )
})

const beyondAscii = /[^\n\u0020-\u007e]/

t.test('ASCII where the locale has no more, and only commands are wider than the terminal', async (t) => {
  for (const it of [...screens(), ...(await screensOfNodes())]) {
    t.notMatch(onAll({ ...it, render: (one) => (one.ascii ? it.render(one) : '') }), beyondAscii, it.name)
    const lines = it.render({ color: false, width: 80 }).split('\n')
    const wide = lines.filter((line) => line.length > 80 && !/`.*`|^ {11}/.test(line))
    t.strictSame(wide, [], it.name)
  }
})
