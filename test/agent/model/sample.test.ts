import t from 'tap'
import { HostError, unseen } from '../../../agent/model/index.ts'

t.test('what could not be seen, why, and what rests on it', async (t) => {
  const error = new HostError('denied', 'reading /x: permission denied')
  t.strictSame(unseen('the log', error, ['a.b']), {
    what: 'the log',
    why: 'reading /x: permission denied',
    codes: ['a.b'],
  })
  t.strictSame(unseen('the log', 'no'), { what: 'the log', why: 'no' }, 'all of the collector, and no error')
  t.strictSame(
    unseen('the log', error, []),
    { what: 'the log', why: error.message, codes: [] },
    'nothing rests on it',
  )
  t.match(unseen('the log', new HostError('unrecorded', 'x')), { unrecorded: true })
  t.equal(unseen('the log', error).unrecorded, undefined)
})
