import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'

t.test('a name that no test file has is a failure, and said', async (t) => {
  for (const [names, said] of [
    [['no-such-test'], 'no-such-test'],
    [['no-such-test', 'run.test', 'nor-this'], 'no-such-test or nor-this'],
  ] as const) {
    const ran = spawnSync(process.execPath, [join(import.meta.dirname, 'run.ts'), ...names], {
      encoding: 'utf8',
    })
    t.equal(ran.status, 1)
    t.ok(ran.stdout.includes(`not ok  there is no test file with ${said} in its path\n`), ran.stdout)
    t.match(ran.stdout, /^0 passed, [12] failed\n$/m, 'nothing was run')
  }
})
