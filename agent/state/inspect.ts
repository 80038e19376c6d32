import type { DatabaseSync } from 'node:sqlite'
import type { Judged } from '../core/last-well.ts'
import type { Silence } from '../core/silence.ts'
import type { Finding, NotificationRecord } from '../model/index.ts'
import { many } from '../text/lists.ts'
import type { Clock } from './clock.ts'
import {
  artifact,
  clock,
  finding,
  judged,
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

/** The part of the state that is held in memory, as read from the disk. */
export interface Remembered {
  readonly findings: readonly Finding[]
  readonly judgements: readonly Owned<Judged>[]
  readonly told: readonly Owned<NotificationRecord>[]
  readonly sinks: readonly Owned<number>[]
  readonly silences: readonly Silence[]
  readonly samples: readonly KeptSample[]
  readonly clock?: Clock
}

/** What could not be used, and why. */
export interface Damage {
  /** Rows that were read but are not valid, by table. */
  readonly bad: Map<string, { count: number; why: string }>
  /** Tables of which not every row could be read, with the error. */
  readonly broken: Map<string, string>
}

export const noDamage = (): Damage => ({ bad: new Map(), broken: new Map() })
export const isDamaged = ({ bad, broken }: Damage) => bad.size + broken.size > 0

/** More rows than any table holds: a limit, since a damaged tree may lead in circles. */
const mostRows = 2_000_000

/** SQLITE_CORRUPT (11) and SQLITE_NOTADB (26), with any extended code: https://sqlite.org/rescode.html */
export function isCorrupt(error: unknown): boolean {
  const { errcode = 0 } = error as { errcode?: number }
  return [11, 26].includes(errcode & 0xff)
}

/** Passes every sound row that can be read to `take`: from the beginning, and where that fails, also from the end. */
export function eachSound<T>(db: DatabaseSync, table: Table<T>, damage: Damage, take: (it: T) => void): void {
  const seen = new Set<string>()
  const once = (row: Row) => {
    const key = JSON.stringify(table.key.map((it) => String(row[it])))
    if (seen.has(key)) return
    seen.add(key)
    try {
      take(table.read(row))
    } catch (error) {
      // Not a bad row: the database that the rows are copied to cannot be written.
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
      // The rows between are lost; `broken` has the table already.
    }
  }
  if (table.sound) countUnsound(db, table, damage)
}

/** Salvaged rows could not be written to the new database. */
class Unwritten extends Error {}

function* rowsOf<T>(
  db: DatabaseSync,
  { name, columns, key, sound }: Table<T>,
  order: string,
): Generator<Row> {
  const statement = db.prepare(
    `SELECT ${columns.join(', ')} FROM ${name}${sound ? ` WHERE ${sound}` : ''} ORDER BY ${key.map((it) => it + order).join(', ')} LIMIT ${mostRows}`,
  )
  // Without this, one number that is too large would end the whole query.
  statement.setReadBigInts(true)
  for (const row of statement.iterate()) yield asNumbers(row as Row)
}

/** BigInts as numbers, where they are safe integers. */
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

/** Reads the part of the state that is held in memory, each row checked, and finds the damage in the whole file. */
export function inspect(db: DatabaseSync): { readonly remembered: Remembered; readonly damage: Damage } {
  const damage = noDamage()
  const all = <T>(table: Table<T>): T[] => {
    const found: T[] = []
    eachSound(db, table, damage, (it) => found.push(it))
    return found
  }
  const remembered = {
    findings: all(finding),
    judgements: all(judged),
    told: all(told),
    sinks: all(sink),
    silences: all(silence),
    samples: all(sample),
  }
  const [left] = all(clock)
  // These two stay on the disk. Of the many small rows of `series`, only bad ones are counted.
  eachSound(db, artifact, damage, () => {})
  countUnsound(db, series, damage)
  return { remembered: { ...remembered, ...(left && { clock: left }) }, damage }
}

/** "2 findings (json: findings is missing), part of the measured values (database disk image is malformed)". */
export function damageText({ bad, broken }: Damage): string {
  const parts = tables.flatMap(({ name, called: [one, several] }) => {
    const wrong = bad.get(name)
    const why = broken.get(name)
    return [
      ...(wrong ? [`${many(wrong.count, one, several)} (${wrong.why})`] : []),
      ...(why ? [`part of the ${several} (${why})`] : []),
    ]
  })
  return parts.join(', ').slice(0, 1_000)
}
