import type { DatabaseSync } from 'node:sqlite'
import { sample, tables } from './tables.ts'

const schemaVersion = 3

/** Creates missing tables, and upgrades the file of an older version. Throws for a newer version's. */
export function makeTables(db: DatabaseSync): void {
  const found = db.prepare('PRAGMA user_version').get() as { user_version: number }
  if (found.user_version > schemaVersion)
    throw new Error(`it was written by a newer Murphy (state version ${found.user_version})`)
  db.exec('BEGIN IMMEDIATE')
  try {
    // By the columns that exist, not by the version number, which may be damaged.
    const names = columnsOf(db, sample.name)
    if (names.length > 0 && !names.includes('version'))
      db.exec('ALTER TABLE sample ADD COLUMN version INTEGER NOT NULL DEFAULT 1')
    // An index can be wrong where the table is right, and the history is short enough to be sorted.
    db.exec('DROP INDEX IF EXISTS finding_since')
    for (const { name, create } of tables)
      db.exec(
        `CREATE TABLE IF NOT EXISTS ${name} (${create})${create.includes('AUTOINCREMENT') ? '' : ' WITHOUT ROWID'}`,
      )
    db.exec(`PRAGMA user_version = ${schemaVersion}`)
    db.exec('COMMIT')
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

/** Tables that files of an older version may lack, because they were added later. */
const later = ['silence', 'artifact', 'clock', 'judged']

/** What differs from the expected schema: a single damaged byte may rename a table. */
export function misshapen(db: DatabaseSync): readonly string[] {
  const { user_version: found } = db.prepare('PRAGMA user_version').get() as { user_version: number }
  const there = db
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .all()
    .map((it) => String(it.name))
  if (there.length === 0) return []
  return tables
    .filter(({ name, columns }) => {
      if (!there.includes(name)) return !(found < schemaVersion && later.includes(name))
      const names = columnsOf(db, name)
      return columns.some((it) => !names.includes(it) && !(found < schemaVersion && it === 'version'))
    })
    .map(({ name }) => name)
}

const columnsOf = (db: DatabaseSync, table: string): readonly string[] =>
  db
    .prepare('SELECT name FROM pragma_table_info(?)')
    .all(table)
    .map((it) => String(it.name))
