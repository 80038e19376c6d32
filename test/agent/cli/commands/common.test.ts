import t from 'tap'
import { madeOf, Refusal } from '../../../../agent/cli/commands/common.ts'

t.test('a mistake over a sample is a sentence that says what may have made it', async (t) => {
  t.equal(
    madeOf('the page', () => 7),
    7,
  )
  const own = new Refusal('there is no such part', 1)
  t.throws(
    () =>
      madeOf('the page', () => {
        throw own
      }),
    own,
    'what is already a sentence stays one',
  )
  const broken = () => madeOf('the page', () => (undefined as unknown as { x: string }).x)
  t.throws(broken, {
    name: 'Refusal',
    exit: 3,
    message:
      /the page.*the running agent may have another version: compare `agent version` and `agent status`$/,
    cause: TypeError,
  })
})
