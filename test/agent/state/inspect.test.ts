import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { damageText, inspect, isCorrupt, isDamaged, noDamage } from '../../../agent/state/inspect.ts'
import { put } from '../../../agent/state/put.ts'
import { makeTables } from '../../../agent/state/schema.ts'
import { finding, series, sink } from '../../../agent/state/tables.ts'
import { finding as some } from '../findings.ts'

const opened = () => {
  const db = new DatabaseSync(':memory:')
  makeTables(db)
  put(db, finding, some({ code: 'a.b' }))
  put(db, sink, { owner: 'ntfy', it: 5 })
  return db
}

t.test('what is sound is remembered', async (t) => {
  const { remembered, damage } = inspect(opened())
  t.equal(isDamaged(damage), false)
  t.equal(damageText(damage), '')
  t.match(remembered, { findings: [{ code: 'a.b' }], sinks: [{ owner: 'ntfy', it: 5 }], told: [] })
})

t.test('a row that is not as it was written costs itself, and is said', async (t) => {
  const db = opened()
  put(db, finding, some({ code: 'a.c' }))
  db.exec("UPDATE finding SET json = replace(json, 'severity', 'severitx') WHERE code = 'a.c'")
  put(db, series, { name: 'x', step: 0, at: 1, value: Number.POSITIVE_INFINITY })
  const { remembered, damage } = inspect(db)
  t.strictSame(
    remembered.findings.map((it) => it.code),
    ['a.b'],
  )
  t.equal(
    damageText(damage),
    '1 finding (json: severity is missing), 1 measured value (is no number in its range)',
  )
})

t.test('a table that is gone is said, and hides no other', async (t) => {
  const db = opened()
  db.exec('DROP TABLE told')
  const { remembered, damage } = inspect(db)
  t.equal(remembered.findings.length, 1)
  t.match(damageText(damage), /^part of the records of notifications \(no such table: told\)$/)
})

t.test('corruption is known by its number, whatever SQLite adds to it', async (t) => {
  t.ok(isCorrupt({ errcode: 11 }))
  t.ok(isCorrupt({ errcode: 267 }), 'SQLITE_CORRUPT_VTAB')
  t.ok(isCorrupt({ errcode: 26 }))
  t.notOk(isCorrupt({ errcode: 13 }), 'a full disk is no corruption')
  t.notOk(isCorrupt(new Error('x')))
  t.notOk(isDamaged(noDamage()))
})
