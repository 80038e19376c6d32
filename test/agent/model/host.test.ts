import t from 'tap'
import { HostError } from '../../../agent/model/index.ts'

t.test('an error of the machine says which kind it is, in words, and of what it came', async (t) => {
  const cause = new Error('EACCES')
  const error = new HostError('denied', 'reading /x: permission denied', { cause })
  t.ok(error instanceof Error)
  t.match(error, { name: 'HostError', code: 'denied', message: 'reading /x: permission denied', cause })
  t.match(String(error), 'HostError: reading /x: permission denied')
})
