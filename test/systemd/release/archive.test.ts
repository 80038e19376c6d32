import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { archive } from '../../../systemd/release/archive.ts'

const home = mkdtempSync(join(tmpdir(), 'murphy-archive-'))
t.teardown(() => rmSync(home, { recursive: true }))

const long = `${'deep/'.repeat(22)}file`

function make(name: string, order: 1 | -1) {
  const folder = join(home, name)
  mkdirSync(join(folder, long, '..'), { recursive: true })
  const files = [
    ['a', 'one'],
    ['b', 'x'.repeat(700)],
    [long, 'far'],
    ['B', ''],
  ] as const
  for (const [path, text] of order > 0 ? files : files.toReversed()) writeFileSync(join(folder, path), text)
  symlinkSync('a', join(folder, 'link'))
  chmodSync(join(folder, 'a'), 0o755)
  utimesSync(join(folder, 'a'), order * 1000, order * 1000)
  return folder
}

t.test('what tar unpacks is what was there', async (t) => {
  const folder = make('there', 1)
  writeFileSync(join(home, 'it.tar.gz'), archive(folder, 'top', 1_700_000_000))
  const tar = (...args: string[]) => execFileSync('tar', args, { cwd: home, encoding: 'utf8' })
  const said = tar('--utc', '-tvzf', 'it.tar.gz')
  t.match(said, /^drwxr-xr-x root\/root +0 2023-11-14 22:13 top\/$/m)
  t.match(said, /^-rwxr-xr-x root\/root +3 2023-11-14 22:13 top\/a$/m)
  t.match(said, /^-rw-r--r-- root\/root +700 2023-11-14 22:13 top\/b$/m)
  t.match(said, /^lrwxrwxrwx root\/root +0 2023-11-14 22:13 top\/link -> a$/m)
  tar('-xzf', 'it.tar.gz')
  execFileSync('diff', ['-r', '--no-dereference', 'there', 'top'], { cwd: home })
  tar('--compare', '-zf', 'it.tar.gz')
})

t.test('the same bytes, whatever order and time files came in', async (t) => {
  t.ok(archive(make('x', 1), 'top', 1).equals(archive(make('y', -1), 'top', 1)))
  t.notOk(archive(join(home, 'x'), 'top', 1).equals(archive(join(home, 'x'), 'top', 2)))
  chmodSync(join(home, 'y', 'b'), 0o755)
  t.notOk(
    archive(join(home, 'x'), 'top', 1).equals(archive(join(home, 'y'), 'top', 1)),
    'a mode is a difference',
  )
})

t.test('what tar cannot hold is not cut short', async (t) => {
  const folder = join(home, 'long')
  mkdirSync(folder)
  writeFileSync(join(folder, 'n'.repeat(120)), '')
  t.throws(() => archive(folder, 'top', 1), { message: /too long a name/ })
})
