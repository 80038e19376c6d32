import { join } from 'node:path'
import t from 'tap'
import { outcome, runFiles } from './run-file.ts'

// Each file is two processes.
t.setTimeout(180_000)

const tap = import.meta.resolve('tap')

/** What comes of a test file with this text. */
async function run(text: string) {
  const folder = t.testdir({ 'it.test.ts': `import t from '${tap}'\n${text}` })
  return runFiles([join(folder, 'it.test.ts')], { cwd: folder, env: process.env })
}

t.test('what is well is counted, and not repeated', async (t) => {
  const it = await run("t.test('a', async (t) => { t.ok(true); t.equal(1, 1) })\nt.ok(true)")
  t.strictSame([it.passed, it.failed, it.skipped], [3, 0, []])
  t.notMatch(it.said, /^\s*ok \d/m)
  t.ok(it.took > 0)
})

t.test('what is not, with where and why', async (t) => {
  const it = await run("t.test('a', async (t) => { t.ok(true); t.equal(1, 2, 'one is two') })")
  t.strictSame([it.passed, it.failed], [1, 1])
  t.match(it.said, /not ok 2 - one is two[\s\S]*lineNumber: 2/)
})

t.test('what was skipped, with its reason and without', async (t) => {
  const it = await run("t.test('a', { skip: 'needs root' }, async () => {})\nt.skip('b')\nt.ok(true)")
  t.strictSame([it.passed, it.failed, it.skipped], [1, 0, ['needs root', '']])
})

t.test('a file that does not come to its end has failed, however it ended', async (t) => {
  for (const [text, why] of [
    ['process.exit(0)', /did not come to its end/],
    ["process.kill(process.pid, 'SIGKILL')", /did not come to its end\nended with SIGKILL/],
    ['t.ok(true)\nt.plan(2)', /ended with 1/],
    ["t.ok(true)\nprocess.on('exit', () => { process.exitCode = 7 })", /ended with 7/],
  ] as const) {
    const it = await run(text)
    t.ok(it.failed > 0, text)
    t.match(it.said, why, text)
  }
})

t.test('a file that hangs says what was open', async (t) => {
  const it = await run(
    "t.setTimeout(200)\nt.test('waits', () => new Promise(() => setTimeout(() => {}, 60_000)))",
  )
  t.ok(it.failed > 0)
  t.match(it.said, /timeout!/)
  t.ok(it.took < 30_000)
})

t.test('sums that a test quotes are not the sums of its file', (t) => {
  const own = [
    '    # { total: 9, pass: 9 }',
    'ok 1 - # { total: 8, pass: 8 }',
    '# { total: 2, pass: 1, fail: 1 }',
  ]
  t.strictSame(outcome(own, 'ended with 1').passed, 1)
  t.strictSame(outcome(own.slice(0, 2), '').failed, 1, 'without its own it has not ended')
  t.end()
})
