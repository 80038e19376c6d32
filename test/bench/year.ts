import t from 'tap'
import { lines, live } from '../year/live.ts'

/**
 * A whole year of a healthy node's life, by `node test/bench/year.ts`: what people were told, which should be
 * nothing, and how long it took. Twenty minutes between looks, and each collector's own rhythm where something happens.
 */
t.setTimeout(0)
await t.test('a year', { timeout: 3600_000 }, async (t) => {
  const begun = performance.now()
  const { told, found, rounds } = await live(t, { days: 365, age: 1, pause: 20 * 60_000 })
  t.comment(`${rounds} looks in ${Math.round((performance.now() - begun) / 1000)} s`)
  t.comment(`noticed on the way: ${[...found.keys()].join(', ')}`)
  t.strictSame(lines(told), [])
})
