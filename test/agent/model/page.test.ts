import t from 'tap'
import { Refusal } from '../../../agent/model/index.ts'

t.test('a refusal is a sentence, an exit code, and what it came of', async (t) => {
  const cause = new Error('ENOENT')
  const error = new Refusal('there is no state', 78, { cause })
  t.ok(error instanceof Error)
  // By its name main knows it.
  t.match(error, { name: 'Refusal', exit: 78, message: 'there is no state', cause })
  t.equal(new Refusal('no').exit, 3, 'not possible, unless it says otherwise')
})
