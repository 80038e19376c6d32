import t from 'tap'
import { collector } from '../../../agent/model/index.ts'
import { things } from '../small.ts'

t.test('what is declared is what there is', async (t) => {
  t.equal(collector(things), things)
})
