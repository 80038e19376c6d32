import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { damageText } from '../../../agent/state/inspect.ts'
import { put } from '../../../agent/state/put.ts'
import { carryOver } from '../../../agent/state/salvage.ts'
import { makeTables } from '../../../agent/state/schema.ts'
import { finding, sink } from '../../../agent/state/tables.ts'
import { finding as some } from '../findings.ts'

const empty = () => {
  const db = new DatabaseSync(':memory:')
  makeTables(db)
  return db
}
const count = (db: DatabaseSync, table: string) =>
  db.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.count

t.test('what is sound is carried over, what is not is said', async (t) => {
  const from = empty()
  for (const code of ['a.b', 'a.c', 'a.d']) put(from, finding, some({ code }))
  put(from, sink, { owner: 'ntfy', it: 5 })
  from.exec("UPDATE finding SET json = '{' WHERE code = 'a.c'; DROP TABLE clock")
  const to = empty()
  const damage = carryOver(from, to)
  t.equal(count(to, 'finding'), 2)
  t.equal(count(to, 'sink'), 1)
  t.match(damageText(damage), /^1 finding \(json is no JSON\), part of the clocks \(/)
})

t.test('where it cannot be written, nothing of it is there, and that is no damage', async (t) => {
  const from = empty()
  put(from, finding, some({ code: 'a.b' }))
  const to = empty()
  to.exec("CREATE TRIGGER full BEFORE INSERT ON finding BEGIN SELECT RAISE(FAIL, 'no room'); END")
  t.throws(() => carryOver(from, to), /no room/)
  t.equal(to.isTransaction, false)
  t.equal(count(to, 'finding'), 0)
})
