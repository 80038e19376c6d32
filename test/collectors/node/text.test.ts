import t from 'tap'
import { printable } from '../../../collectors/node/text.ts'

t.test('what cannot be seen, turns around or begins a command', async (t) => {
  t.equal(printable('a\u001b[2J\u202e`b`\u2028c'), 'a?[2J??b??c')
  t.equal(printable('größe 😀'), 'größe 😀')
  t.equal(printable('x'.repeat(99), 10), 'xxxxxxxxx…')
})
