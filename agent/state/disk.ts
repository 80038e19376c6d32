import type { DatabaseSync } from 'node:sqlite'
import { hour, minute } from '../text/times.ts'
import { type Loss, openDatabase } from './database.ts'
import { databaseFile } from './image.ts'
import { isCorrupt, type Remembered } from './inspect.ts'
import { carryOver } from './salvage.ts'

/** The state file under a store: whatever becomes of it, nothing throws, and what is wrong is said. */
export interface Disk {
  /** What was there at the start. */
  readonly remembered: Remembered
  /** Why what is remembered would not survive a restart; undefined while all is well. */
  problem(): string | undefined
  loss(): Loss | undefined
  /** Whether the last write did not arrive: the next one brings everything again. */
  behind(): boolean
  /** Runs `work` as one transaction. A failure is remembered and said. */
  write(work: (db: DatabaseSync) => void): void
  /** An answer of what is only on the disk, or `otherwise` while it cannot be had. */
  read<T>(ask: (db: DatabaseSync) => T, otherwise: T): T
  close(): void
}

export interface DiskOptions {
  readonly stateDir: string
  readonly now: number
  /** Puts everything that is in memory on the disk. */
  readonly everything: (db: DatabaseSync) => void
  /** ms, by a clock that nobody can set. */
  readonly elapsed: () => number
}

/** While nothing can be written, the folder is tried again no more often than this. */
const retryEvery = 10 * minute
/** A file that is damaged again so soon lies on a disk that is failing: then memory is the better place. */
const healedFor = hour

/** The file as it is held now. It changes when the file is healed, lost or found again. */
interface Held {
  readonly options: DiskOptions
  readonly file: string
  database: DatabaseSync
  inMemory: boolean
  problem: string | undefined
  unreadable: string | undefined
  loss: Loss | undefined
  behind: boolean
  /** When the folder was last tried while nothing could be written, and when a damaged file was last healed; by `elapsed`. */
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
  `${file} cannot be ${what}: ${(error as Error).message}. Murphy goes on in memory; free some space or mend the disk.`

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
    // What is in memory has to be in the new file as well.
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

/** A query found damage that the start did not: a new file, of what is sound in the old one and what is in memory. */
function heal(held: Held): boolean {
  const { stateDir, elapsed } = held.options
  if (held.inMemory || elapsed() - held.healed < healedFor) return false
  held.healed = elapsed()
  held.database.close()
  const { database, inMemory, problem, loss } = openDatabase(stateDir, Date.now(), true)
  Object.assign(held, {
    database,
    inMemory,
    problem,
    loss: loss ?? held.loss,
    behind: true,
  } satisfies Partial<Held>)
  return true
}

/** Whether the folder can be written again: then what memory gathered meanwhile goes there. */
function comeBack(held: Held): void {
  const { stateDir, elapsed } = held.options
  if (!held.inMemory || elapsed() - held.tried < retryEvery) return
  held.tried = elapsed()
  const { database, inMemory, loss } = openDatabase(stateDir, Date.now())
  if (inMemory) return void database.close()
  try {
    carryOver(held.database, database)
  } catch {
    // Still too little room: memory has all of it.
    return void database.close()
  }
  held.database.close()
  const problem = undefined
  Object.assign(held, {
    database,
    inMemory,
    problem,
    loss: loss ?? held.loss,
    behind: true,
  } satisfies Partial<Held>)
}
