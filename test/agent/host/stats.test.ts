import { execFileSync } from 'node:child_process'
import { chownSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { facts } from '../../../agent/host/files.ts'
import { allFacts } from '../../../agent/host/stats.ts'

const { signal } = new AbortController()

t.test('many at once: an answer or an error for each, in their order', async (t) => {
  const folder = t.testdir({ a: 'text', b: '', sub: { c: 'x' } })
  const paths = ['a', 'none', 'sub', 'sub/c', 'b'].map((name) => `${folder}/${name}`)
  for (const _ of ['first', 'again']) {
    const all = await allFacts(paths, signal)
    t.match(all, [
      { kind: 'file', size: 4 },
      { code: 'missing' },
      { kind: 'folder' },
      { size: 1 },
      { size: 0 },
    ])
    t.strictSame(all[0], await facts(paths[0] as string, signal))
  }
  t.strictSame(await allFacts([], signal), [])
  t.match(await allFacts(paths.slice(0, 1), AbortSignal.abort()), [{ code: 'timeout' }])
})

t.test('where a path leads, however it is written', async (t) => {
  const folder = t.testdir({ file: 'text', sub: { more: 'x' } })
  symlinkSync('file', join(folder, 'link'))
  symlinkSync('nowhere', join(folder, 'broken'))
  symlinkSync('sub', join(folder, 'way'))
  const paths = ['link', 'broken', 'way', 'way/', 'way/more', 'sub/..', 'sub/.'].map(
    (it) => `${folder}/${it}`,
  )
  t.match(await allFacts(paths, signal), [
    { kind: 'file', size: 4 },
    { code: 'missing' },
    { kind: 'folder' },
    { kind: 'folder' },
    { kind: 'file', size: 1 },
    { kind: 'folder' },
    { kind: 'folder' },
  ])
  t.match(
    await allFacts(['/', '/proc', '/proc/1', '/sys/kernel', '/etc'], signal),
    Array(5).fill({ kind: 'folder' }),
  )
})

t.test(
  'what others own, and what was mounted a moment ago',
  { skip: process.getuid?.() !== 0 && 'needs root, to give files away and to mount' },
  async (t) => {
    const folder = t.testdir({ hers: { file: 'text' }, under: {}, file: 'text' })
    chownSync(join(folder, 'hers'), 1000, 1000)
    const ask = () =>
      allFacts(
        ['file', 'hers/file', 'under'].map((it) => join(folder, it)),
        signal,
      )
    const [file, hers, before] = await ask()
    t.match([file, hers], [{ size: 4 }, { size: 4 }])
    execFileSync('mount', ['-t', 'tmpfs', 'murphy-test', join(folder, 'under')])
    const [, , after] = await ask().finally(() => execFileSync('umount', [join(folder, 'under')]))
    t.not((after as { dev: number }).dev, (before as { dev: number }).dev)
  },
)
