import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { put } from '../../../agent/state/put-row.ts'
import { makeTables } from '../../../agent/state/schema.ts'
import { readSeries } from '../../../agent/state/series.ts'
import { series } from '../../../agent/state/tables.ts'

const minute = 60_000

function filled(t: { teardown(done: () => void): unknown }, until: number, name = 'x') {
  const db = new DatabaseSync(':memory:')
  t.teardown(() => db.close())
  makeTables(db)
  for (let at = 0; at < until; at += minute) put(db, series, { name, step: 0, at, value: at / minute })
  return db
}

t.test('as it was measured, by name, from a time on, in order', async (t) => {
  const db = filled(t, 10 * minute)
  put(db, series, { name: 'y', step: 0, at: 5, value: 1 })
  t.strictSame(readSeries(db, 'x', 8 * minute), [
    { at: 8 * minute, value: 8 },
    { at: 9 * minute, value: 9 },
  ])
  t.strictSame(readSeries(db, 'none', 0), [])
})

t.test('what a disk made of a number is not shown', async (t) => {
  const db = filled(t, 3 * minute)
  db.exec(`UPDATE series SET value = 9e999 WHERE at = 0; UPDATE series SET value = 'x' WHERE at = ${minute}`)
  t.strictSame(readSeries(db, 'x', 0), [{ at: 2 * minute, value: 2 }])
})
