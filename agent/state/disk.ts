import type { DatabaseSync } from 'node:sqlite'
import { hour, minute } from '../text/times.ts'
import { type Loss, openDatabase } from './database.ts'
import { databaseFile } from './image.ts'
import { isCorrupt, type Remembered } from './inspect.ts'
import { carryOver } from './salvage.ts'

/** The state file under a store. Nothing here throws, whatever happens to the file: `problem` and `loss` report it. */
export interface Disk {
  /** What was there at the start. */
  readonly remembered: Remembered
  /** Why the state would not survive a restart; undefined while all is well. */
  problem(): string | undefined
  loss(): Loss | undefined
  /** Whether the last write failed: the next one then writes everything. */
  behind(): boolean
  /** Runs `work` as one transaction. A failure does not throw; `problem` says it. */
  write(work: (db: DatabaseSync) => void): void
  /** Queries data that is only on the disk; gives `otherwise` while that fails. */
  read<T>(ask: (db: DatabaseSync) => T, otherwise: T): T
  close(): void
}

export interface DiskOptions {
  readonly stateDir: string
  readonly now: number
  /** Writes everything that is in memory to the disk. */
  readonly everything: (db: DatabaseSync) => void
  /** A monotonic clock, ms. */
  readonly elapsed: () => number
}

/** While nothing can be written, the folder is tried again at most this often, ms. */
const retryEvery = 10 * minute
/** A file that is damaged again within this time, ms, is on a failing disk: from then on only memory is used. */
const healedFor = hour

/** The open file. Changes when the file is healed, lost, or writable again. */
interface Held {
  readonly options: DiskOptions
  readonly file: string
  database: DatabaseSync
  inMemory: boolean
  problem: string | undefined
  unreadable: string | undefined
  loss: Loss | undefined
  behind: boolean
  /** By `elapsed`: when the folder was last tried while not writable, and when a damaged file was last healed. */
  tried: number
  healed: number
}

export function openDisk(options: DiskOptions): Disk {
  const { remembered, ...opened } = openDatabase(options.stateDir, options.now)
  const held: Held = {
    options,
    file: databaseFile(options.stateDir),
    database: opened.database,
    inMemory: opened.inMemory,
    problem: opened.problem,
    unreadable: undefined,
    loss: opened.loss,
    behind: false,
    tried: options.elapsed(),
    healed: Number.NEGATIVE_INFINITY,
  }
  return {
    remembered,
    problem: () => held.problem ?? held.unreadable,
    loss: () => held.loss,
    behind: () => held.behind,
    write: (work) => write(held, work),
    read(ask, otherwise) {
      try {
        const answer = asked(held, ask)
        held.unreadable = undefined
        return answer
      } catch (error) {
        held.unreadable = cannot(held, 'read', error)
        return otherwise
      }
    },
    close() {
      if (held.database.isOpen) held.database.close()
    },
  }
}

const cannot = ({ file }: Held, what: string, error: unknown) =>
  `${file} cannot be ${what}: ${(error as Error).message}. Murphy goes on in memory; free some space or repair the disk.`

function write(held: Held, work: (db: DatabaseSync) => void): void {
  try {
    comeBack(held)
    try {
      transaction(held, work)
    } catch (error) {
      if (!isCorrupt(error) || !heal(held)) throw error
      transaction(held, work)
    }
    held.behind = false
    if (!held.inMemory) held.problem = undefined
  } catch (error) {
    held.behind = true
    held.problem = cannot(held, 'written', error)
  }
}

function asked<T>(held: Held, ask: (db: DatabaseSync) => T): T {
  try {
    return ask(held.database)
  } catch (error) {
    if (!isCorrupt(error) || !heal(held)) throw error
    // Write what is in memory to the new file first.
    write(held, () => {})
    return ask(held.database)
  }
}

function transaction({ database, behind, options }: Held, work: (db: DatabaseSync) => void): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    work(database)
    if (behind) options.everything(database)
    database.exec('COMMIT')
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/** A query found damage that was not found at the start: makes a new file from the sound rows and from memory. */
function heal(held: Held): boolean {
  const { stateDir, elapsed } = held.options
  if (held.inMemory || elapsed() - held.healed < healedFor) return false
  held.healed = elapsed()
  held.database.close()
  adopt(held, openDatabase(stateDir, Date.now(), true))
  return true
}

/** Tries whether the folder is writable again; if so, what was gathered in memory is written there. */
function comeBack(held: Held): void {
  const { stateDir, elapsed } = held.options
  if (!held.inMemory || elapsed() - held.tried < retryEvery) return
  held.tried = elapsed()
  const opened = openDatabase(stateDir, Date.now())
  if (opened.inMemory) return void opened.database.close()
  try {
    carryOver(held.database, opened.database)
  } catch {
    // Still too little room: memory has all of it.
    return void opened.database.close()
  }
  held.database.close()
  adopt(held, { ...opened, problem: undefined })
}

type Adopted = Pick<Held, 'database' | 'inMemory'> & Partial<Pick<Held, 'problem' | 'loss'>>

/** Goes on with a newly opened database, into which everything is still to be written. */
function adopt(held: Held, { database, inMemory, problem, loss }: Adopted): void {
  const its = { database, inMemory, problem, loss: loss ?? held.loss, behind: true }
  Object.assign(held, its satisfies Partial<Held>)
}
