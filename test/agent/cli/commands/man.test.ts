import { spawnSync } from 'node:child_process'
import t from 'tap'
import { typed } from './typed.ts'

const { agent } = typed(t)

t.test('the manual has every command, pages of collectors too, and groff finds no fault in it', async (t) => {
  const { exit, out, err } = agent('man')
  t.match({ exit, err }, { exit: 0, err: '' })
  for (const name of ['status', 'certs', 'firewall diff', 'config check', 'doctor'])
    t.ok(out.includes(`.B ${name.replaceAll('-', '\\-')}\n`), name)
  const read = spawnSync('groff', ['-man', '-Tascii', '-ww', '-z'], { input: out, encoding: 'utf8' })
  if (read.error) t.comment('groff is not here')
  else t.equal(read.stderr, '')
})
