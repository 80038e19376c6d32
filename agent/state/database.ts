import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { databaseFile, readImage } from './image.ts'
import { damageText, inspect, isCorrupt, isDamaged, type Remembered } from './inspect.ts'
import { carryOver } from './salvage.ts'
import { makeTables, misshapen } from './schema.ts'

/** What is gone for good, and when that was found. */
export interface Loss {
  readonly text: string
  readonly at: number
}

export interface Opened {
  readonly database: DatabaseSync
  readonly remembered: Remembered
  /** Nothing that is written now outlives the process. */
  readonly inMemory: boolean
  readonly problem?: string
  readonly loss?: Loss
}

/** So many damaged files are kept for whoever wants to know; the oldest goes first. */
const mostDamaged = 3

/**
 * The state in `stateDir`. Never throws.
 *
 * - As it is, where every row looks as it was written.
 * - Damaged, or `suspect` because a query failed: what is sound is carried over into a new file, and the damaged
 *   one is kept beside it.
 * - Where nothing can be written (a read-only or full disk, no permission, a newer version's file): in memory, from
 *   what can be read.
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
  // SQLite would make a new one of it without a word.
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
 * A new file in the place of a damaged one. It is complete before the damaged one is moved, and found again by
 * `finishExchange` if the process ends between the two.
 */
function exchanged(file: string, now: number): Opened {
  const aside = `${file}.corrupt-${new Date(now).toISOString().replaceAll(':', '')}`
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

/** What can be read of a file; undefined for nothing at all. Says nothing of a file that may not be read: that throws. */
function readable(file: string): DatabaseSync | undefined {
  try {
    return readImage(file)
  } catch (error) {
    // Whatever SQLite says of bytes in memory is the bytes' fault.
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
