import type { DatabaseSync } from 'node:sqlite'
import { type Damage, eachSound, noDamage } from './inspect.ts'
import { put } from './put-row.ts'
import { misshapen } from './schema.ts'
import { eachTable } from './tables.ts'

/** Copies the sound rows of one database to another. Throws only if they cannot be written. */
export function carryOver(from: DatabaseSync, to: DatabaseSync): Damage {
  const damage = noDamage()
  to.exec('BEGIN IMMEDIATE')
  try {
    for (const name of misshapen(from)) damage.broken.set(name, 'it is not as it was made')
    eachTable((table) => eachSound(from, table, damage, (it) => put(to, table, it)))
    to.exec('COMMIT')
  } catch (error) {
    if (to.isTransaction) to.exec('ROLLBACK')
    throw error
  }
  return damage
}
