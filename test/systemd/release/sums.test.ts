import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { readSums, runtimeSums, sha256, writeSums } from '../../../systemd/release/sums.ts'

t.test('sums are what sha256sum reads and writes', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'murphy-sums-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'b'), 'two')
  writeFileSync(join(folder, 'a'), 'one')
  const run = (...args: string[]) => spawnSync('sha256sum', args, { cwd: folder, encoding: 'utf8' })
  const sums = new Map([
    ['b', sha256('two')],
    ['a', sha256('one')],
  ])
  t.equal(writeSums(sums), run('a', 'b').stdout)
  writeFileSync(join(folder, 'SUMS'), writeSums(sums))
  t.equal(run('--check', 'SUMS').status, 0)
  t.strictSame(new Map(readSums(run('b', 'a').stdout)), sums)
  t.strictSame(new Map(readSums(run('--binary', 'b', 'a').stdout)), sums)
})

t.test('what is no sum is not read over', async (t) => {
  const sum = '0'.repeat(64)
  for (const text of ['x', `${sum}`, `${sum}  `, `${sum} a`, `${sum}  a b`, `${sum}  a\n${sum}  a`])
    t.throws(() => readSums(text), { message: /no line of sums/ }, text)
  t.equal(readSums(`# said\n\n${sum}  a\n`).get('a'), sum)
})

t.test('the Node.js that the lock file names has its sums here', async (t) => {
  const lock = JSON.parse(readFileSync(new URL('../../../package-lock.json', import.meta.url), 'utf8'))
  for (const cpu of ['x64', 'arm64']) {
    const { version } = lock.packages[`node_modules/node-linux-${cpu}`]
    for (const name of [`node-v${version}-linux-${cpu}.tar.xz`, `node-linux-${cpu}@${version}/bin/node`])
      t.match(runtimeSums().get(name), /^[0-9a-f]{64}$/, name)
  }
  t.equal(
    runtimeSums().get(`node-linux-${process.arch}@${process.versions.node}/bin/node`),
    sha256(readFileSync(process.execPath)),
    'what runs these tests is what is written there',
  )
})
