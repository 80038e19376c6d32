import { DatabaseSync } from 'node:sqlite'
import { put } from '../../../agent/state/put-row.ts'
import { makeTables } from '../../../agent/state/schema.ts'
import * as tables from '../../../agent/state/tables.ts'
import { finding } from '../findings.ts'

export const told = { incident: 'i', severity: 'warning', findings: ['f'], at: 5, reminded: 5 } as const

/** A state file in memory, as a daemon makes it. */
export function made(t: { teardown(done: () => void): unknown }) {
  const db = new DatabaseSync(':memory:')
  t.teardown(() => db.close())
  makeTables(db)
  return db
}
/** The same with a value each minute from 0 until `until`, ms. */
export function measured(t: { teardown(done: () => void): unknown }, until: number, name = 'x') {
  const db = made(t)
  for (let at = 0; at < until; at += 60_000) put(db, tables.series, { name, step: 0, at, value: at / 60_000 })
  return db
}
/** The same with a row or more of each kind. */
export function filled(t: { teardown(done: () => void): unknown }) {
  const db = made(t)
  for (const subject of ['a', 'b', 'c']) put(db, tables.finding, finding({ code: 'a.b', subject }))
  put(db, tables.judged, { owner: 'a.b', it: { at: 5 } })
  put(db, tables.told, { owner: 'ops', it: told })
  put(db, tables.sink, { owner: 'ops', it: 5 })
  put(db, tables.silence, { id: 's', what: 'all', since: 1, until: 50 })
  put(db, tables.sample, { collector: 'certs', at: 9, json: '{"unseen":[]}', version: 1 })
  put(db, tables.clock, { trusted: 1, wall: 2, held: 3 })
  for (const at of [1, 2]) put(db, tables.series, { name: 'x', step: 0, at, value: 1 })
  return db
}
