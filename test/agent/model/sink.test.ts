import t from 'tap'
import { sink } from '../../../agent/model/index.ts'

const its = {
  name: 'bell',
  settings: { url: { type: 'string', description: 'where it hangs' } },
  required: ['url'],
  compose: () => [],
} as const

t.test('what is declared is what there is', async (t) => {
  t.equal(sink(its), its)
  // @ts-expect-error A key that must be given is one that there is.
  t.strictSame(sink({ ...its, required: ['uri'] }).required, ['uri'])
})
