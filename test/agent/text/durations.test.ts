import t from 'tap'
import { duration, lasting, parseDuration } from '../../../agent/text/durations.ts'

t.test('one unit, never less time than it says', async (t) => {
  const day = 86_400_000
  t.strictSame(
    [89.9 * day, 3 * day, 47 * 3_600_000, 7_200_000, 119 * 60_000, 150_000, 119_000, 59_000, -5].map(
      duration,
    ),
    ['89 d', '3 d', '47 h', '2 h', '119 min', '2 min', '119 s', '59 s', '0 s'],
  )
})

t.test('the two largest units', async (t) => {
  t.same([0, -5, 40_000, 61_000, 3600_000, 7500_000, 86_400_000, 360_000_000, Number.NaN].map(lasting), [
    '0 s',
    '0 s',
    '40 s',
    '1 min',
    '1 h',
    '2 h 5 min',
    '1 d',
    '4 d 4 h',
    '0 s',
  ])
})

t.test('as people type them', async (t) => {
  t.strictSame(
    ['90m', '2h', '1d', '2h30m', '5s'].map(parseDuration),
    [5_400_000, 7_200_000, 86_400_000, 9_000_000, 5000],
  )
  for (const text of ['', '2', 'h', '2 h', '2w', '-1h', '1h!', `${'9'.repeat(20)}d`])
    t.equal(parseDuration(text), undefined, text)
})
