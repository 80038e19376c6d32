import t from 'tap'
import { put } from '../../../agent/state/put-row.ts'
import { readSeries } from '../../../agent/state/series.ts'
import { series } from '../../../agent/state/tables.ts'
import { measured } from './filled.ts'

const minute = 60_000

t.test('as it was measured, by name, from a time on, in order', async (t) => {
  const db = measured(t, 10 * minute)
  put(db, series, { name: 'y', step: 0, at: 5, value: 1 })
  t.strictSame(readSeries(db, 'x', 8 * minute), [
    { at: 8 * minute, value: 8 },
    { at: 9 * minute, value: 9 },
  ])
  t.strictSame(readSeries(db, 'none', 0), [])
})

t.test('what a disk made of a number is not shown', async (t) => {
  const db = measured(t, 3 * minute)
  db.exec(`UPDATE series SET value = 9e999 WHERE at = 0; UPDATE series SET value = 'x' WHERE at = ${minute}`)
  t.strictSame(readSeries(db, 'x', 0), [{ at: 2 * minute, value: 2 }])
})
