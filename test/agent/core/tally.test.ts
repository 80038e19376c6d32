import t from 'tap'
import { Tally } from '../../../agent/core/tally.ts'

t.test('what was done is counted by outcome, and in every bound that it was within', async (t) => {
  const tally = new Tally(['seen', 'failed'])
  t.strictSame(tally.counts().outcomes, { seen: 0, failed: 0 }, 'what never happened is not missing')
  tally.add('seen', 100)
  tally.add('seen', 2000)
  tally.add('failed', 60_000)
  const { outcomes, within, times, seconds } = tally.counts()
  t.strictSame(outcomes, { seen: 2, failed: 1 })
  t.equal(times, 3)
  t.equal(seconds, 62.1)
  const by = new Map(within)
  t.equal(by.get(0.05), 0)
  t.equal(by.get(0.1), 1, 'a bound is within itself')
  t.equal(by.get(2.5), 2)
  t.equal(by.get(30), 2, 'and what took longer is only in the sum')
})
