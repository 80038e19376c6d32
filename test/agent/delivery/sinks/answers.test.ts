import t from 'tap'
import { fields, strange, textIn } from '../../../../agent/delivery/sinks/answers.ts'

t.test('only an object is one', async (t) => {
  t.strictSame(fields('{"a":1}'), { a: 1 })
  for (const it of ['', 'null', '1', '"a"', '{"a":']) t.equal(fields(it), undefined, it)
})

t.test('a text, or none', async (t) => {
  t.equal(textIn({ a: 'x' }, 'a'), 'x')
  for (const it of [undefined, {}, { a: 1 }, { a: null }]) t.equal(textIn(it, 'a'), '')
})

t.test('what is not of the service is tried again', async (t) => {
  t.strictSame(strange(200, 'X'), {
    outcome: 'again',
    why: 'answered 200, but not as X does: perhaps a proxy in between',
  })
})
