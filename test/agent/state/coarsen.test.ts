import t from 'tap'
import { coarsen } from '../../../agent/state/coarsen.ts'
import { put } from '../../../agent/state/put-row.ts'
import { readSeries } from '../../../agent/state/series.ts'
import { series } from '../../../agent/state/tables.ts'
import { measured } from './filled.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

t.test('means of five minutes after a day, of an hour after a week, nothing after a month', async (t) => {
  const db = measured(t, 3 * hour)
  coarsen(db, day)
  t.equal(readSeries(db, 'x', 0).length, 180, 'what is a day old is as it was measured')
  coarsen(db, day + 3 * hour)
  const means = readSeries(db, 'x', 0)
  t.equal(means.length, 36)
  t.strictSame(means[0], { at: 0, value: 2 }, 'the mean of 0 to 4')
  t.strictSame(means.at(-1), { at: 175 * minute, value: 177 })
  coarsen(db, 7 * day + 3 * hour)
  t.strictSame(readSeries(db, 'x', 0), [
    { at: 0, value: 29.5 },
    { at: hour, value: 89.5 },
    { at: 2 * hour, value: 149.5 },
  ])
  coarsen(db, 30 * day + 2 * hour)
  t.strictSame(readSeries(db, 'x', 0), [{ at: 2 * hour, value: 149.5 }])
  coarsen(db, 31 * day)
  t.strictSame(readSeries(db, 'x', 0), [])
})

t.test('each name for itself, and twice is no more than once', async (t) => {
  const db = measured(t, hour)
  for (let at = 0; at < hour; at += minute) put(db, series, { name: 'y', step: 0, at, value: 100 })
  coarsen(db, 2 * day)
  const once = readSeries(db, 'x', 0)
  coarsen(db, 2 * day)
  t.strictSame(readSeries(db, 'x', 0), once)
  t.ok(readSeries(db, 'y', 0).every((it) => it.value === 100))
})
