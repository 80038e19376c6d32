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

export function openDisk({ stateDir, now, everything, elapsed }: DiskOptions): Disk {
  const file = databaseFile(stateDir)
  const opened = openDatabase(stateDir, now)
  let { database, problem, loss, inMemory } = opened
  let unreadable: string | undefined
  let behind = false
  let tried = elapsed()
  let healed = Number.NEGATIVE_INFINITY

  function transaction(work: (db: DatabaseSync) => void): void {
    database.exec('BEGIN IMMEDIATE')
    try {
      work(database)
      if (behind) everything(database)
      database.exec('COMMIT')
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      throw error
    }
  }

  /** A query found damage that the start did not: a new file, of what is sound in the old one and what is in memory. */
  function heal(): boolean {
    if (inMemory || elapsed() - healed < healedFor) return false
    healed = elapsed()
    database.close()
    const next = openDatabase(stateDir, Date.now(), true)
    ;({ database, problem, inMemory } = next)
    loss = next.loss ?? loss
    behind = true
    return true
  }

  /** Whether the folder can be written again: then what memory gathered meanwhile goes there. */
  function comeBack(): void {
    if (!inMemory || elapsed() - tried < retryEvery) return
    tried = elapsed()
    const next = openDatabase(stateDir, Date.now())
    if (next.inMemory) return void next.database.close()
    try {
      carryOver(database, next.database)
    } catch {
      // Still too little room: memory has all of it.
      return void next.database.close()
    }
    database.close()
    ;({ database, inMemory } = next)
    problem = undefined
    loss = next.loss ?? loss
    behind = true
  }

  const cannot = (what: string, error: unknown) =>
    `${file} cannot be ${what}: ${(error as Error).message}. Murphy goes on in memory; free some space or mend the disk.`

  function write(work: (db: DatabaseSync) => void): void {
    try {
      comeBack()
      try {
        transaction(work)
      } catch (error) {
        if (!isCorrupt(error) || !heal()) throw error
        transaction(work)
      }
      behind = false
      if (!inMemory) problem = undefined
    } catch (error) {
      behind = true
      problem = cannot('written', error)
    }
  }

  function asked<T>(ask: (db: DatabaseSync) => T): T {
    try {
      return ask(database)
    } catch (error) {
      if (!isCorrupt(error) || !heal()) throw error
      // What is in memory has to be in the new file as well.
      write(() => {})
      return ask(database)
    }
  }

  return {
    remembered: opened.remembered,
    problem: () => problem ?? unreadable,
    loss: () => loss,
    behind: () => behind,
    write,
    read(ask, otherwise) {
      try {
        const answer = asked(ask)
        unreadable = undefined
        return answer
      } catch (error) {
        unreadable = cannot('read', error)
        return otherwise
      }
    },
    close() {
      if (database.isOpen) database.close()
    },
  }
}
