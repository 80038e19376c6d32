import { readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openFolder } from '../../../agent/host/recording-folder.ts'

t.test('files, parts of files, links, and what is there in the end', async (t) => {
  const root = join(t.testdir(), 'new')
  const folder = openFolder(root)
  folder.write('a/b', 'one')
  folder.write('a/b', 'longer')
  folder.write('a/b', 'two')
  folder.write('log', 'x', 3)
  folder.link('c', '/etc')
  folder.link('c', '/other')
  t.equal(readFileSync(join(root, 'a/b'), 'utf8'), 'two')
  t.equal(readFileSync(join(root, 'log'), 'latin1'), '\0\0\0x')
  t.equal(statSync(join(root, 'a/b')).mode & 0o777, 0o600)
  t.same(folder.contents(), [
    { path: 'a/b', size: 3 },
    { path: 'log', size: 4 },
  ])
})

t.test('nothing goes out of it, and what stands in the way is no error', async (t) => {
  const root = t.testdir({ in: {}, out: { file: 'kept' } })
  const inside = join(root, 'in')
  const folder = openFolder(inside)
  symlinkSync('../out', join(inside, 'relative'))
  folder.link('absolute', join(root, 'out'))
  folder.link('file', join(root, 'out/file'))
  for (const path of [
    'relative/file',
    'absolute/file',
    'absolute/new',
    'relative/sub/new',
    'file',
    '../out/file',
    '/../out/file',
  ])
    folder.write(path, 'changed')
  folder.link('relative/link', '/')
  folder.write('plain', 'x')
  folder.write('plain/below', 'x')
  folder.write('dir/x', 'x')
  folder.write('dir', 'x')
  t.equal(readFileSync(join(root, 'out/file'), 'utf8'), 'kept')
  t.same(readdirSync(join(root, 'out')), ['file'])
  t.same(
    folder.contents().map((it) => it.path),
    ['out/file', 'plain', 'dir/x'],
  )
})
