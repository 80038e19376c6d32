import t from 'tap'
import { boutBegan } from '../../../collectors/node/bouts.ts'

t.test('when the last bout began', async (t) => {
  t.equal(boutBegan([], 600), undefined)
  t.equal(boutBegan([100, 200, 799], 600), 100)
  t.equal(boutBegan([100, 700, 900], 600), 700)
})
