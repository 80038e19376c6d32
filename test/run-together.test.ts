import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { runFiles } from './run-file.ts'
import { canShare, together } from './run-together.ts'

const root = join(import.meta.dirname, '..')
const tap = import.meta.resolve('tap')
const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
  .filter((it) => it.endsWith('.test.ts') && !it.startsWith('nodes/'))
  .map((it) => join('test', it))
  .sort()

t.test('every file once, those that share a process of one folder', async (t) => {
  const all = together(root, files)
  t.strictSame(all.flat().sort(), files)
  for (const it of all.filter(({ length }) => length > 1))
    t.equal(new Set(it.map((file) => file.replace(/[^/]*$/, ''))).size, 1, it.join())
  t.ok(all.length < files.length / 2, `${all.length} processes for ${files.length} files`)
})

t.test('who changes its process, or waits, has one of its own', async (t) => {
  const folder = t.testdir({
    test: {
      'small.test.ts': "import t from 'tap'\nt.test('a', async (t) => t.equal(1, t.testdir().length))",
      'env.test.ts': "process.env.TZ = 'UTC'",
      'long.test.ts': 't.setTimeout(60_000)',
      'folder.test.ts': 'const folder = t.testdir({})',
      'await.test.ts': 'const it = await read()',
      'waits.test.ts': "import { setTimeout as pause } from 'node:timers/promises'",
    },
  })
  const shared = readdirSync(join(folder, 'test')).filter((it) => canShare(folder, `test/${it}`))
  t.strictSame(shared, ['small.test.ts'])
})

t.test('what several say is counted together, and what failed is found', async (t) => {
  const of = (name: string, text: string) => ({ [name]: `import t from '${tap}'\n${text}` })
  const folder = t.testdir({
    ...of('a.test.ts', "t.test('well', async (t) => { t.ok(true) })"),
    ...of('b.test.ts', "t.test('not', async (t) => { t.equal(1, 2, 'one is two') })"),
    ...of('c.test.ts', "t.test('well too', async (t) => { t.ok(true); t.ok(true) })"),
  })
  const run = (...names: readonly string[]) => runFiles(names, { cwd: folder, env: process.env })
  const it = await run('a.test.ts', 'b.test.ts', 'c.test.ts')
  t.strictSame([it.passed, it.failed], [3, 1])
  t.match(it.said, /not ok 1 - one is two[\s\S]*b\.test\.ts/)
  t.match(await run('a.test.ts', 'c.test.ts'), { passed: 3, failed: 0 })
})

t.test('their folders are their own, however many run at once', async (t) => {
  const text = `import t from '${tap}'\nt.test('a', async (t) => { t.match(t.testdir(), /a\\.test\\.ts/) })`
  const folder = t.testdir({ 'a.test.ts': text, 'b.test.ts': 'export {}' })
  const ran = spawnSync(process.execPath, [join(root, 'test/run-several.ts'), 'a.test.ts', 'b.test.ts'], {
    cwd: folder,
    encoding: 'utf8',
  })
  t.equal(ran.status, 0, ran.stdout + ran.stderr)
})
