import t from 'tap'
import { Budget } from '../../../../agent/delivery/kubernetes/budget.ts'

t.test('so many at once, then one each so often', async (t) => {
  const budget = new Budget(3, 1000)
  const take = (now: number) => {
    const has = budget.has(now)
    if (has) budget.take(now)
    return has
  }
  t.same([0, 0, 0, 0].map(take), [true, true, true, false])
  t.equal(budget.wait(0), 1000)
  t.equal(budget.wait(400), 600)
  t.same([999, 1000, 1001, 2000].map(take), [false, true, false, true])
  t.equal(budget.wait(10_000), 0)
  t.same([10_000, 10_000, 10_000, 10_000].map(take), [true, true, true, false], 'never more than at once')
  t.equal(take(5000), false, 'a clock that was set back gives none')
  t.equal(take(6000), true)
})
