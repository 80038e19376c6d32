import type { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { put } from '../../../agent/state/put-row.ts'
import * as tables from '../../../agent/state/tables.ts'
import { finding } from '../findings.ts'
import { made } from './filled.ts'

const { Wrong } = tables
const it = finding({ code: 'a.b', since: 7, resolved: 9 })
const told = { incident: 'i', severity: 'warning', findings: ['f'], at: 5, reminded: 5 } as const

/** One row of each table, as it is written. */
const rows: readonly (readonly [tables.Table<never>, unknown])[] = [
  [tables.finding as never, it],
  [tables.judged as never, { owner: 'a.b', it: { at: 7, left: new Map([['x', 5]]) } }],
  [tables.told as never, { owner: 'ops', it: told }],
  [tables.sink as never, { owner: 'ops', it: 5 }],
  [tables.silence as never, { id: 's', what: 'all', since: 1, until: 50 }],
  [tables.sample as never, { collector: 'certs', at: 9, json: '{"unseen":[]}', version: 3 }],
  [tables.clock as never, { trusted: 1, wall: 2, held: 3 }],
  [
    tables.artifact as never,
    { id: 1, collector: 'firewall', at: 9, about: { rules: 3 }, body: new Uint8Array([1, 2]) },
  ],
  [tables.series as never, { name: 'x', step: 0, at: 9, value: 1.5 }],
]

const all = (db: DatabaseSync, { name }: { readonly name: string }) =>
  db.prepare(`SELECT * FROM ${name}`).all() as tables.Row[]

t.test('what is written comes back, in the place of what has its key', async (t) => {
  t.strictSame(
    rows.map(([table]) => table.name),
    tables.tables.map((one) => one.name),
    'of every table',
  )
  const db = made(t)
  for (const [table, value] of rows) {
    if (table.name !== 'artifact') put(db, table, value as never)
    // Its id is given by the table.
    else
      db.prepare('INSERT INTO artifact (collector, at, about, body) VALUES (?, ?, ?, ?)').run(
        ...(table.write(value as never).slice(-4) as [string, number, string, Uint8Array]),
      )
    const [row = {}] = all(db, table)
    t.same(table.read(row), value, table.name)
    if (table.name !== 'artifact') put(db, table, value as never)
    t.equal(all(db, table).length, 1, 'once')
  }
})

t.test('a row that is not as it was written is refused', async (t) => {
  const wrong = (
    table: { readonly read: (row: tables.Row) => unknown },
    row: tables.Row,
    message: RegExp,
  ) => {
    t.throws(() => table.read(row), { constructor: Wrong, message })
  }
  const row = { id: it.id, code: 'a.b', since: 7, resolved: 9, json: JSON.stringify(it) }
  t.same(tables.finding.read(row), it)
  wrong(tables.finding, { ...row, code: 'a.c' }, /^code is not what its JSON says$/)
  wrong(tables.finding, { ...row, resolved: null }, /^resolved is not what its JSON says$/)
  wrong(tables.finding, { ...row, since: 2n ** 60n }, /^since is not/)
  wrong(tables.finding, { ...row, json: row.json.slice(1) }, /^json is no JSON$/)
  wrong(tables.finding, { ...row, json: Buffer.from(row.json) }, /^json is no text$/)
  wrong(tables.finding, { ...row, json: '{}' }, /is missing/)
  wrong(tables.told, { sink: 'ops', incident: 'j', json: JSON.stringify(told) }, /^incident is not/)
  wrong(tables.sink, { name: 'ops', since: 'x' }, /^since is no number in its range$/)
  wrong(tables.sample, { collector: 'certs', at: 9, json: '[]', version: 1 }, /^json:? /)
  wrong(tables.sample, { collector: 'certs', at: 9, json: '{"unseen":[]}', version: 0 }, /^version /)
  wrong(tables.artifact, { id: 1, collector: 'f', at: 9, about: '{}', body: 'text' }, /^body is no bytes$/)
})

t.test('what an artifact is, where that can be told', async (t) => {
  t.strictSame(tables.aboutOf('{"rules":3,"good":true}'), { rules: 3, good: true })
  for (const json of ['', '{', '7', null, undefined, Buffer.from('{}')])
    t.equal(tables.aboutOf(json), undefined)
})
