import t from 'tap'
import { seriesBook } from '../../../agent/core/series-book.ts'

const minute = 60_000
const hour = 60 * minute

t.test('values by name, from a time on', async (t) => {
  const book = seriesBook()
  book.add(1, { a: 5, b: Number.NaN })
  book.add(2, { a: 6 })
  t.strictSame(book.read('a', 2), [{ at: 2, value: 6 }])
  t.strictSame(book.read('a', 3), [])
  t.strictSame(book.read('b', 0), [], 'what is no number is no value')
})

t.test('a day as it is, then one an hour, for 30 days', async (t) => {
  const book = seriesBook()
  for (let at = 0; at < 40 * 24 * hour; at += 10 * minute) book.add(at, { a: at })
  const all = book.read('a', 0)
  t.ok(all.length < 144 + 30 * 24 + 500 + 144, `${all.length}`)
  const end = 40 * 24 * hour
  t.ok(book.read('a', end - 24 * hour).length >= 144)
  t.ok((all[0]?.at ?? 0) >= 6 * 24 * hour, 'older ones are gone')
})
