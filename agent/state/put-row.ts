import type { DatabaseSync } from 'node:sqlite'
import type { Table } from './tables.ts'

/** Inserts a row, or replaces the one with the same key. */
export function put<T>(db: DatabaseSync, table: Table<T>, it: T): void {
  const marks = table.columns.map(() => '?').join(', ')
  db.prepare(`INSERT OR REPLACE INTO ${table.name} (${table.columns.join(', ')}) VALUES (${marks})`).run(
    ...table.write(it),
  )
}
