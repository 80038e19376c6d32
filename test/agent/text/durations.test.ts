import t from 'tap'
import { duration, parseDuration } from '../../../agent/text/durations.ts'

t.test(
  'seconds, minutes, hours and minutes, days and hours, days: never less time than it says',
  async (t) => {
    const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000]
    for (const [ms, text] of [
      [-5, '0 s'],
      [Number.NaN, '0 s'],
      [Number.POSITIVE_INFINITY, '0 s'],
      [59_999, '59 s'],
      [90 * second, '90 s'],
      [2 * minute - 1, '119 s'],
      [150 * second, '2 min'],
      [hour - 1, '59 min'],
      [hour, '1 h'],
      [2 * hour + 5 * minute, '2 h 5 min'],
      [day - 1, '23 h 59 min'],
      [day, '1 d'],
      [25 * hour, '1 d 1 h'],
      [7 * day - 1, '6 d 23 h'],
      [7 * day + 5 * hour, '7 d'],
      [89.9 * day, '89 d'],
    ] as const)
      t.equal(duration(ms), text)
  },
)

t.test('as people type them', async (t) => {
  t.strictSame(
    ['90m', '2h', '1d', '2h30m', '5s'].map(parseDuration),
    [5_400_000, 7_200_000, 86_400_000, 9_000_000, 5000],
  )
  for (const text of ['', '2', 'h', '2 h', '2w', '-1h', '1h!', `${'9'.repeat(20)}d`])
    t.equal(parseDuration(text), undefined, text)
})
