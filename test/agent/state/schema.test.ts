import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { put } from '../../../agent/state/put-row.ts'
import { makeTables, misshapen } from '../../../agent/state/schema.ts'
import * as tables from '../../../agent/state/tables.ts'
import { made } from './filled.ts'

const all = (db: DatabaseSync, { name }: { readonly name: string }) =>
  db.prepare(`SELECT * FROM ${name}`).all() as tables.Row[]

t.test('made once, and again without harm', async (t) => {
  const db = made(t)
  put(db, tables.sink, { owner: 'ops', it: 5 })
  makeTables(db)
  t.same(all(db, tables.sink), [{ name: 'ops', since: 5 }])
  t.strictSame(misshapen(db), [])
})

t.test("a former version's file is made this version's", async (t) => {
  const db = new DatabaseSync(':memory:')
  t.teardown(() => db.close())
  t.strictSame(misshapen(db), [], 'nothing is there yet')
  for (const { name, create } of tables.tables)
    if (!['silence', 'artifact', 'clock', 'judged', 'sample'].includes(name))
      db.exec(`CREATE TABLE ${name} (${create})`)
  db.exec(`CREATE TABLE sample (collector TEXT PRIMARY KEY, at INTEGER NOT NULL, json TEXT NOT NULL);
    CREATE INDEX finding_since ON finding (since);
    INSERT INTO sample VALUES ('certs', 9, '{"unseen":[]}');
    PRAGMA user_version = 1`)
  t.strictSame(misshapen(db), [], 'what came later may be missing')
  makeTables(db)
  t.match(all(db, tables.sample), [{ collector: 'certs', version: 1 }])
  t.equal(db.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'finding_since'").get()?.n, 0)
  t.equal(db.prepare('PRAGMA user_version').get()?.user_version, 3)
})

t.test("a later version's file is left alone", async (t) => {
  const db = made(t)
  db.exec('PRAGMA user_version = 4')
  t.throws(() => makeTables(db), /^it was written by a newer Murphy \(state version 4\)$/)
  t.notOk(db.isTransaction)
})

t.test('half of a making is none', async (t) => {
  const db = new DatabaseSync(':memory:')
  t.teardown(() => db.close())
  db.exec('CREATE TABLE other (x); CREATE INDEX told ON other (x)')
  t.throws(() => makeTables(db), /told/)
  t.notOk(db.isTransaction)
  t.same(db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all(), [{ name: 'other' }])
})

t.test('a table that has another name, or lacks a column, is not as it was made', async (t) => {
  const changed = (sql: string) => {
    const db = made(t)
    db.exec(sql)
    return misshapen(db)
  }
  t.strictSame(changed('ALTER TABLE told RENAME TO tolf'), ['told'])
  t.strictSame(changed('ALTER TABLE sample DROP COLUMN version'), ['sample'])
  t.strictSame(changed('DROP TABLE silence'), ['silence'], 'in this version it has to be there')
  t.strictSame(changed('CREATE TABLE other (x)'), [], 'what somebody else put there is theirs')
  t.strictSame(changed('ALTER TABLE told ADD COLUMN more'), [], 'a later version may have added one')
})
