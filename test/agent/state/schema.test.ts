import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { makeTables, misshapen } from '../../../agent/state/schema.ts'

const made = (...statements: string[]) => {
  const db = new DatabaseSync(':memory:')
  for (const it of statements) db.exec(it)
  return db
}

t.test('tables are made once, and are then as they were made', async (t) => {
  const db = made()
  t.strictSame(misshapen(db), [], 'nothing is there, so nothing is wrong')
  makeTables(db)
  makeTables(db)
  t.strictSame(misshapen(db), [])
  t.equal(db.prepare('PRAGMA user_version').get()?.user_version, 2)
})

t.test('a table or a column that is another is named', async (t) => {
  const db = made()
  makeTables(db)
  db.exec('ALTER TABLE told RENAME TO tole; ALTER TABLE clock RENAME COLUMN json TO jsom')
  t.strictSame(misshapen(db), ['told', 'clock'])
})

t.test("a former version's file becomes this version's; a later one's is left alone", async (t) => {
  const old = made(
    'CREATE TABLE finding (id TEXT PRIMARY KEY, code TEXT, since INTEGER, resolved INTEGER, json TEXT)',
    'CREATE TABLE told (sink TEXT, incident TEXT, json TEXT)',
    'CREATE TABLE sink (name TEXT, since INTEGER)',
    'CREATE TABLE sample (collector TEXT PRIMARY KEY, at INTEGER, json TEXT)',
    'CREATE TABLE series (name TEXT, step INTEGER, at INTEGER, value REAL)',
    "INSERT INTO sample VALUES ('certs', 5, '{}')",
    'PRAGMA user_version = 1',
  )
  t.strictSame(misshapen(old), [], 'what came later need not be there')
  makeTables(old)
  t.equal(old.prepare('SELECT version FROM sample').get()?.version, 1)
  const later = made('PRAGMA user_version = 3')
  t.throws(() => makeTables(later), /a newer Murphy \(state version 3\)/)
  t.equal(later.isTransaction, false)
})
