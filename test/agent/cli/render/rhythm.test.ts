import t from 'tap'
import { rhythm } from '../../../../agent/cli/render/rhythm.ts'

t.test('a rhythm in words', async (t) => {
  t.equal(rhythm('50 * * * * *'), 'every minute')
  t.equal(rhythm('10,40 * * * * *'), 'every 30 s')
  t.equal(rhythm('0 */10 * * * *'), 'every 10 min')
  t.equal(rhythm('0 0 3 * * 1'), 'at `0 0 3 * * 1`')
  t.equal(rhythm('0 */10 4 * * *'), 'at `0 */10 4 * * *`')
})
