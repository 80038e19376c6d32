import t from 'tap'
import { shares } from '../../../collectors/pods/share.ts'

const of = (pod: string, bytes: number, first = false) => ({ pod, bytes, first })

t.test('enough for all', async (t) => {
  t.strictSame(shares([of('a', 10), of('b', 0), of('c', 90)], 100), [10, 0, 90])
  t.strictSame(shares([], 100), [])
})

t.test('every pod has its part, and what others leave goes to those that come first', async (t) => {
  t.strictSame(shares([of('a', 1000), of('b', 10), of('c', 1000)], 90), [40, 10, 40])
  t.strictSame(shares([of('a', 1000), of('b', 10), of('c', 1000, true)], 90), [30, 10, 50])
  t.strictSame(shares([of('a', 1000), of('b', 0), of('c', 35, true)], 90), [55, 0, 35])
})

t.test('a pod of many containers has no more than a pod of one', async (t) => {
  t.strictSame(shares([of('a', 90), of('a', 90), of('a', 3), of('b', 90)], 100), [23, 24, 3, 50])
})

t.test('never more than there is, never more than is wanted, and nobody has nothing', async (t) => {
  let seed = 7
  const random = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % below
  }
  for (let round = 0; round < 300; round += 1) {
    const demands = Array.from({ length: 1 + random(40) }, () =>
      of(`p${random(12)}`, random(3) === 0 ? 0 : random(5000), random(4) === 0),
    )
    const given = shares(demands, 10_000)
    const sum = (numbers: readonly number[]) => numbers.reduce((all, it) => all + it, 0)
    const wanted = sum(demands.map((it) => it.bytes))
    t.ok(
      sum(given) <= 10_000 && sum(given) > Math.min(wanted, 10_000) - demands.length,
      `${sum(given)} of ${wanted}`,
    )
    t.ok(given.every((it, at) => it <= (demands[at]?.bytes ?? 0)))
    t.ok(given.every((it, at) => it > 0 || demands[at]?.bytes === 0))
  }
})
