import { execFileSync } from 'node:child_process'
import t from 'tap'
import { quoted } from '../../../agent/text/shell.ts'

t.test('what a shell takes for itself is in quotes', async (t) => {
  t.equal(quoted('/var/lib/k3s'), '/var/lib/k3s')
  t.equal(quoted("/tmp/a b'; rm -rf $(x)"), `'/tmp/a b'\\''; rm -rf $(x)'`)
  t.equal(quoted("a 'b' `c`"), `'a '\\''b'\\'' '\\''c'\\'''`, 'a backtick would begin a command')
  t.equal(quoted('a\u001b[2Jb\n'), `'a [2Jb'`)
})

t.test('a real shell gives the word back', async (t) => {
  for (const word of ['', 'a b', "it's", '$HOME', '*', '~', '-n', 'a;b', '"', '\\', '#', 'ä'])
    t.equal(execFileSync('sh', ['-c', `printf %s ${quoted(word)}`], { encoding: 'utf8' }), word, word)
})
