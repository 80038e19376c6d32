import t from 'tap'
import { json, messageOf, Wrong } from '../../../agent/api/answers.ts'

t.test('answers and errors as the socket writes them', async (t) => {
  t.strictSame(json({ a: 1 }), ['application/json', '{"a":1}'])
  t.equal(messageOf(new Wrong('x'.repeat(400))).length, 300)
  t.equal(messageOf('text'), 'text')
})
