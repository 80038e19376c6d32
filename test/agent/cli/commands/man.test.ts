import { spawnSync } from 'node:child_process'
import t from 'tap'
import { typed } from './typed.ts'

const { agent } = typed(t)

t.test('the manual has every command, pages of collectors too, and groff finds no fault in it', async (t) => {
  const { exit, out, err } = agent('man')
  t.match({ exit, err }, { exit: 0, err: '' })
  for (const name of ['status', 'certs', 'firewall diff', 'config check', 'doctor'])
    t.ok(out.includes(`\n.SS ${name.replaceAll('-', '\\-')}`), name)
  const read = spawnSync('groff', ['-man', '-Tascii', '-ww', '-z'], { input: out, encoding: 'utf8' })
  if (read.error) t.comment('groff is not here')
  else t.equal(read.stderr, '')
})

const without = spawnSync('mandoc', ['-Tascii'], { input: '' }).error !== undefined && 'needs mandoc'
t.test('nor does mandoc, which other systems read manuals with', { skip: without }, async (t) => {
  const { out } = agent('man')
  const { stdout } = spawnSync('mandoc', ['-Tlint', '-Wwarning'], { input: out, encoding: 'utf8' })
  // It changes with the commands, and nobody keeps a date of them.
  t.strictSame(
    stdout.split('\n').filter((it) => it && !it.includes('missing date')),
    [],
  )
})
