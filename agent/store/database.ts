import { chmodSync, mkdirSync, renameSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export const databaseFile = (stateDir: string) => join(stateDir, 'murphy.db')

const schema = `
  CREATE TABLE IF NOT EXISTS finding (
    id TEXT PRIMARY KEY, code TEXT NOT NULL, since INTEGER NOT NULL, resolved INTEGER, json TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS finding_since ON finding (since);
  CREATE TABLE IF NOT EXISTS told (
    sink TEXT NOT NULL, incident TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY (sink, incident)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS sink (name TEXT PRIMARY KEY, since INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS sample (collector TEXT PRIMARY KEY, at INTEGER NOT NULL, json TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS silence (id TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS series (
    name TEXT NOT NULL, step INTEGER NOT NULL, at INTEGER NOT NULL, value REAL NOT NULL, PRIMARY KEY (name, step, at)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS keepsake (
    id INTEGER PRIMARY KEY AUTOINCREMENT, collector TEXT NOT NULL, at INTEGER NOT NULL, about TEXT NOT NULL, body BLOB NOT NULL
  );
`
const schemaVersion = 1

/** Rows of a query; none if the database cannot answer. */
export function rows(
  db: DatabaseSync,
  sql: string,
  ...values: (string | number)[]
): Record<string, unknown>[] {
  try {
    return db.prepare(sql).all(...values) as Record<string, unknown>[]
  } catch {
    return []
  }
}

export interface Opened {
  readonly database: DatabaseSync
  readonly inMemory: boolean
  readonly problem?: string | undefined
  readonly lost?: string
}

/** The state file in `stateDir`; an unreadable one is moved aside, and without a disk the state is in memory. Never throws. */
export function openDatabase(stateDir: string, now: number): Opened {
  const file = databaseFile(stateDir)
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o750 })
    return { database: openFile(file), inMemory: false }
  } catch (error) {
    if (!isCorrupt(error))
      return remembering(
        `${file} cannot be opened: ${(error as Error).message}. Murphy remembers in memory only.`,
      )
  }
  try {
    const aside = `${file}.corrupt-${new Date(now).toISOString().replaceAll(':', '')}`
    renameSync(file, aside)
    for (const more of ['-wal', '-shm']) {
      try {
        renameSync(file + more, aside + more)
      } catch {
        // There was none.
      }
    }
    const lost = `${file} could not be read and was moved to ${aside}. What Murphy knew, and whom it had told, begins anew.`
    return { database: openFile(file), inMemory: false, lost }
  } catch (error) {
    return remembering(`${file} is corrupt and cannot be moved aside: ${(error as Error).message}.`)
  }
}

function remembering(problem: string): Opened {
  const database = new DatabaseSync(':memory:')
  database.exec(schema)
  return { database, inMemory: true, problem }
}

function openFile(file: string): DatabaseSync {
  const database = new DatabaseSync(file)
  try {
    database.exec(
      'PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -512;',
    )
    const [check] = rows(database, 'PRAGMA quick_check(1)')
    if (check?.quick_check !== 'ok')
      throw Object.assign(new Error(String(check?.quick_check)), { errcode: 11 })
    const [version] = rows(database, 'PRAGMA user_version')
    if (Number(version?.user_version) > schemaVersion)
      throw new Error(`it was written by a newer Murphy (state version ${String(version?.user_version)})`)
    database.exec(schema)
    database.exec(`PRAGMA user_version = ${schemaVersion}`)
    chmodSync(file, 0o640)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** SQLITE_CORRUPT (11) and SQLITE_NOTADB (26): https://sqlite.org/rescode.html */
function isCorrupt(error: unknown): boolean {
  const { errcode } = error as { errcode?: number }
  return errcode === 11 || errcode === 26
}

/** What a row holds; nothing, where a failing disk or another version left something else. */
export function parsed<T>({ json }: { readonly json?: unknown }): T | undefined {
  try {
    return JSON.parse(String(json)) as T
  } catch {
    return undefined
  }
}
