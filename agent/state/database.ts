import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { iso } from '../text/times.ts'
import { databaseFile, readImage } from './image.ts'
import { damageText, inspect, isCorrupt, isDamaged, type Remembered } from './inspect.ts'
import { carryOver } from './salvage.ts'
import { makeTables, misshapen } from './schema.ts'

/** What was lost for good, and when that was found. */
export interface Loss {
  readonly text: string
  readonly at: number
}

export interface Opened {
  readonly database: DatabaseSync
  readonly remembered: Remembered
  /** The database is in memory only and is lost when the process ends. */
  readonly inMemory: boolean
  readonly problem?: string
  readonly loss?: Loss
}

/** How many damaged files are kept for investigation; the oldest are deleted first. */
const mostDamaged = 3

/**
 * The state in `stateDir`. Never throws.
 *
 * - Every row is sound: the file as it is.
 * - Damaged, or `suspect` because a query failed: sound rows are copied to a new file, and the damaged one is kept
 *   beside it.
 * - Nothing can be written (a read-only or full disk, no permission, a newer version's file): in memory, with what can
 *   be read.
 */
export function openDatabase(stateDir: string, now: number, suspect = false): Opened {
  const file = databaseFile(stateDir)
  let unwritable: unknown
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o750 })
    finishExchange(file)
    if (!suspect) {
      const opened = openSound(file)
      if (opened) return opened
    }
    return exchanged(file, now)
  } catch (error) {
    unwritable = error
  }
  return inMemory(file, now, (unwritable as Error).message)
}

/** The file as it is; undefined if it is damaged. Throws if it cannot be opened for writing. */
function openSound(file: string): Opened | undefined {
  // SQLite would silently make a new database of an empty file.
  if (statSync(file, { throwIfNoEntry: false })?.size === 0) return undefined
  let database: DatabaseSync | undefined
  try {
    database = openFile(file)
    const { remembered, damage } = inspect(database)
    if (!isDamaged(damage)) return { database, remembered, inMemory: false }
    database.close()
    return undefined
  } catch (error) {
    if (database?.isOpen) database.close()
    if (isCorrupt(error)) return undefined
    throw error
  }
}

function openFile(file: string): DatabaseSync {
  const database = new DatabaseSync(file)
  try {
    database.exec(
      'PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -512;',
    )
    const check = database.prepare('PRAGMA quick_check(1)').get()
    if (check?.quick_check !== 'ok') throw corrupt(String(check?.quick_check))
    const wrong = misshapen(database)
    if (wrong.length > 0) throw corrupt(`these tables are not as they were made: ${wrong.join(', ')}`)
    makeTables(database)
    chmodSync(file, 0o640)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

const corrupt = (text: string) => Object.assign(new Error(text), { errcode: 11 })

/**
 * Replaces a damaged file by a new one. The new one is complete before the damaged one is moved; if the process ends
 * between the two moves, `finishExchange` completes them at the next start.
 */
function exchanged(file: string, now: number): Opened {
  const aside = `${file}.corrupt-${iso(now).replaceAll(':', '')}`
  let text = `${file} could not be read and was moved to ${aside}. Murphy no longer knows what was wrong before, and whom it notified.`
  for (const end of ['.part', '.part-journal', '.new']) rmSync(file + end, { force: true })
  const next = new DatabaseSync(`${file}.part`)
  try {
    next.exec('PRAGMA synchronous = FULL')
    makeTables(next)
    const source = readable(file)
    try {
      const damage = source && carryOver(source, next)
      if (damage)
        text = `${file} was damaged and moved to ${aside}. Lost: ${damageText(damage) || 'nothing that is known'}. The rest was kept.`
    } finally {
      source?.close()
    }
    next.close()
    renameSync(`${file}.part`, `${file}.new`)
  } catch (error) {
    if (next.isOpen) next.close()
    rmSync(`${file}.part`, { force: true })
    throw error
  }
  renameSync(file, aside)
  for (const more of ['-wal', '-shm']) if (existsSync(file + more)) renameSync(file + more, aside + more)
  finishExchange(file)
  forgetOldest(file)
  const opened = openSound(file)
  if (!opened) throw corrupt(`${file} is damaged as soon as it is written`)
  return { ...opened, loss: { text, at: now } }
}

/** What can be read of a damaged file; undefined for nothing at all. Throws where the file may not be read. */
function readable(file: string): DatabaseSync | undefined {
  try {
    return readImage(file)
  } catch (error) {
    // The image is in memory, so any error of SQLite's comes from damaged bytes.
    if ((error as { errcode?: number }).errcode !== undefined) return undefined
    throw error
  }
}

function finishExchange(file: string): void {
  if (existsSync(file) || !existsSync(`${file}.new`)) return
  const aside = `${file}.corrupt-unfinished`
  for (const more of ['-wal', '-shm']) if (existsSync(file + more)) renameSync(file + more, aside + more)
  renameSync(`${file}.new`, file)
}

function forgetOldest(file: string): void {
  const folder = dirname(file)
  const damaged = readdirSync(folder)
    .filter((it) => it.startsWith(`${basename(file)}.corrupt-`) && !/-(wal|shm)$/.test(it))
    .sort()
  for (const name of damaged.slice(0, -mostDamaged))
    for (const more of ['', '-wal', '-shm']) rmSync(join(folder, name + more), { force: true })
}

/** Everything that can be read, where nothing can be written. */
function inMemory(file: string, now: number, why: string): Opened {
  const problem = `${file} cannot be opened for writing: ${why}. Murphy remembers in memory only.`
  const database = new DatabaseSync(':memory:')
  makeTables(database)
  let loss: Loss | undefined
  try {
    const source = existsSync(file) ? readImage(file) : undefined
    const damage = source && carryOver(source, database)
    source?.close()
    if (damage && isDamaged(damage))
      loss = { text: `${file} is damaged. Lost: ${damageText(damage)}. The rest is known.`, at: now }
  } catch (error) {
    loss = { text: `${file} cannot be read: ${(error as Error).message}. All of it is unknown.`, at: now }
  }
  const { remembered } = inspect(database)
  return { database, remembered, inMemory: true, problem, ...(loss && { loss }) }
}
