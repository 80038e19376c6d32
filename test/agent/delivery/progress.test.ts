import t from 'tap'
import { Progress } from '../../../agent/delivery/progress.ts'
import { aside } from '../../../agent/delivery/retry.ts'
import { incident, notice } from '../../receivers/notices.ts'

const [a, b] = ['a', 'b'].map((id) => notice('opened', incident({ id }), id)) as [
  ReturnType<typeof notice>,
  ReturnType<typeof notice>,
]

t.test('what was accepted is not open, also where it could not be recorded', async (t) => {
  const it = new Progress()
  it.accepts('a')
  t.strictSame(it.open([a, b]), [b])
  t.notOk(it.isNew('a'))
  it.open([b])
  t.ok(it.isNew('a'), 'forgotten once it is no longer due')
  t.strictSame(it.open([a, b]), [a, b])
})

t.test('what was tried is not new, until it is due anew', async (t) => {
  const it = new Progress()
  t.ok(it.isNew('a'))
  it.tries('a')
  t.notOk(it.isNew('a'))
  it.open([])
  t.ok(it.isNew('a'))
})

t.test('what was refused is left alone for an hour', async (t) => {
  const it = new Progress()
  t.equal(it.refusal(), undefined)
  t.ok(it.mayTry('a', 10))
  it.refuses('a', 'answered 400', 10)
  it.refuses('b', 'answered 413', 20)
  t.notOk(it.isNew('a'))
  t.strictSame(it.refusal(), { since: 10, at: 10, why: 'answered 400', tries: 1 })
  t.strictSame(
    [...it.refused()],
    [
      ['a', 10],
      ['b', 20],
    ],
  )
  t.notOk(it.mayTry('a', 10 + aside - 1))
  t.ok(it.mayTry('a', 10 + aside))
  t.ok(it.mayTry('a', 9), 'a clock that was set back')
  it.refuses('a', 'answered 400', 10 + aside)
  t.match(it.refusal(), { why: 'answered 413' }, 'the oldest')
  it.accepts('b')
  t.match(it.refusal(), { since: 10, at: 10 + aside, tries: 2 })
  it.open([])
  t.equal(it.refusal(), undefined)
})
