import t from 'tap'
import { line, plain, printable, safe } from '../../../agent/text/sanitize.ts'

t.test('a terminal is not driven', async (t) => {
  t.equal(safe('a\u001b[31mb\tc\nd\u202ee'), 'a\ufffd[31mb\tc\nd\ufffde')
})

t.test('one line without what a terminal or a reader could be fooled by', async (t) => {
  t.equal(line('a\n\tb\u001b[31mred\u001b[0m\u0000 \u001b]0;title\u0007c'), 'a bred c')
  t.equal(line('\u202egnp.exe\u202c'), 'gnp.exe')
  t.equal(line('x\ud83dy'), 'x\ufffdy')
  t.equal(line('  a   b  '), 'a b')
})

t.test('a very long text costs no time', async (t) => {
  const start = performance.now()
  line('\u001b]'.repeat(5_000_000))
  line('\u001b[;'.repeat(5_000_000))
  t.ok(performance.now() - start < 2000)
})

t.test('in a phrase, no markup', async (t) => {
  t.equal(plain('a\u0000\u001b[31mb\u202ec`d`'), "a [31mb c'd'")
  t.equal(plain('x'.repeat(200)).length, 120)
  t.equal(plain('  a  '), 'a')
})

t.test('in a name, what cannot be seen, turns around or begins a command', async (t) => {
  t.equal(printable('a\u001b[2J\u202e`b`\u2028c'), 'a?[2J??b??c')
  t.equal(printable('größe 😀'), 'größe 😀')
  t.equal(printable('x'.repeat(99), 10), 'xxxxxxxxx…')
})
