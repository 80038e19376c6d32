import t from 'tap'
import { HostError, unseen } from '../../../agent/model/index.ts'

t.test('what could not be seen says why, and whose fault it is not', async (t) => {
  const denied = new HostError('denied', 'reading /x: permission denied')
  t.strictSame(unseen('/x', denied), { what: '/x', why: 'reading /x: permission denied' })
  t.strictSame(unseen('/x', 'odd', ['a.b']), { what: '/x', why: 'odd', codes: ['a.b'] })
  t.strictSame(unseen('/x', new HostError('unrecorded', 'not recorded')), {
    what: '/x',
    why: 'not recorded',
    unrecorded: true,
  })
})
