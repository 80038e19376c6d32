import type { DatabaseSync } from 'node:sqlite'
import type { Silence } from '../core/silence.ts'
import type { Finding, NotificationRecord } from '../model/index.ts'
import type { Clock } from './clock.ts'
import {
  artifact,
  clock,
  finding,
  type KeptSample,
  type Owned,
  type Row,
  sample,
  series,
  silence,
  sink,
  type Table,
  tables,
  told,
} from './tables.ts'

/** What is answered from memory, as it was on the disk. */
export interface Remembered {
  readonly findings: readonly Finding[]
  readonly told: readonly Owned<NotificationRecord>[]
  readonly sinks: readonly Owned<number>[]
  readonly silences: readonly Silence[]
  readonly samples: readonly KeptSample[]
  readonly clock?: Clock
}

/** What could not be used, and why. */
export interface Damage {
  /** Rows that were read and do not look as they were written, by table. */
  readonly bad: Map<string, { count: number; why: string }>
  /** Tables of which not every row could be read, with the error. */
  readonly broken: Map<string, string>
}

export const noDamage = (): Damage => ({ bad: new Map(), broken: new Map() })
export const isDamaged = ({ bad, broken }: Damage) => bad.size + broken.size > 0

/** A damaged tree may lead in circles; no table ever holds so many rows. */
const mostRows = 2_000_000

/** SQLITE_CORRUPT (11) and SQLITE_NOTADB (26), whatever they say beyond that: https://sqlite.org/rescode.html */
export function isCorrupt(error: unknown): boolean {
  const { errcode = 0 } = error as { errcode?: number }
  return [11, 26].includes(errcode & 0xff)
}

/** Hands over every sound row of a table that can be read: from its beginning, and where that breaks off from its end. */
export function eachSound<T>(db: DatabaseSync, table: Table<T>, damage: Damage, take: (it: T) => void): void {
  const seen = new Set<string>()
  const once = (row: Row) => {
    const key = JSON.stringify(table.key.map((it) => String(row[it])))
    if (seen.has(key)) return
    seen.add(key)
    try {
      take(table.read(row))
    } catch (error) {
      // Not the row's fault: the other side cannot be written.
      if ((error as { errcode?: number }).errcode !== undefined) throw new Unwritten((error as Error).message)
      blame(damage, table, (error as Error).message)
    }
  }
  try {
    for (const row of rowsOf(db, table, '')) once(row)
  } catch (error) {
    if (error instanceof Unwritten) throw error
    damage.broken.set(table.name, (error as Error).message)
    try {
      for (const row of rowsOf(db, table, ' DESC')) once(row)
    } catch (again) {
      if (again instanceof Unwritten) throw again
      // What lies between is lost, and was said.
    }
  }
  if (table.sound) countUnsound(db, table, damage)
}

/** What was salvaged could not be written where it was to go. */
class Unwritten extends Error {}

function* rowsOf<T>(
  db: DatabaseSync,
  { name, columns, key, sound }: Table<T>,
  order: string,
): Generator<Row> {
  const statement = db.prepare(
    `SELECT ${columns.join(', ')} FROM ${name}${sound ? ` WHERE ${sound}` : ''} ORDER BY ${key.map((it) => it + order).join(', ')} LIMIT ${mostRows}`,
  )
  // Otherwise one number that is too large ends the whole query.
  statement.setReadBigInts(true)
  for (const row of statement.iterate()) yield asNumbers(row as Row)
}

/** Whole numbers as JavaScript's, where it has them. */
function asNumbers(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, it]) => [
      name,
      typeof it === 'bigint' && it === BigInt(Number(it)) && Number.isSafeInteger(Number(it))
        ? Number(it)
        : it,
    ]),
  )
}

function blame<T>({ bad }: Damage, { name }: Table<T>, why: string, count = 1): void {
  const known = bad.get(name)
  bad.set(name, { count: (known?.count ?? 0) + count, why: known?.why ?? why })
}

function countUnsound<T>(db: DatabaseSync, table: Table<T>, damage: Damage): void {
  try {
    const [row] = db
      .prepare(`SELECT count(*) AS count FROM ${table.name} WHERE (${table.sound}) IS NOT TRUE`)
      .all()
    const count = Number(row?.count)
    if (count > 0) blame(damage, table, 'is no number in its range', count)
  } catch (error) {
    damage.broken.set(table.name, (error as Error).message)
  }
}

/** Everything that is answered from memory, each row checked, and what is wrong with any row of the file. */
export function inspect(db: DatabaseSync): { readonly remembered: Remembered; readonly damage: Damage } {
  const damage = noDamage()
  const all = <T>(table: Table<T>): T[] => {
    const found: T[] = []
    eachSound(db, table, damage, (it) => found.push(it))
    return found
  }
  const remembered = {
    findings: all(finding),
    told: all(told),
    sinks: all(sink),
    silences: all(silence),
    samples: all(sample),
  }
  const [left] = all(clock)
  // These stay on the disk; of the many small rows only the count of what is wrong is needed.
  eachSound(db, artifact, damage, () => {})
  countUnsound(db, series, damage)
  return { remembered: { ...remembered, ...(left && { clock: left }) }, damage }
}

/** "2 findings (json: findings is missing), part of the measured values (database disk image is malformed)". */
export function damageText({ bad, broken }: Damage): string {
  const parts = tables.flatMap(({ name, called: [one, many] }) => {
    const wrong = bad.get(name)
    const why = broken.get(name)
    return [
      ...(wrong ? [`${wrong.count} ${wrong.count === 1 ? one : many} (${wrong.why})`] : []),
      ...(why ? [`part of the ${many} (${why})`] : []),
    ]
  })
  return parts.join(', ').slice(0, 1_000)
}
