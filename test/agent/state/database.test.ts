import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { type Opened, openDatabase } from '../../../agent/state/database.ts'
import { databaseFile } from '../../../agent/state/image.ts'
import { put } from '../../../agent/state/put-row.ts'
import { finding as ofFinding, sink } from '../../../agent/state/tables.ts'
import { finding } from '../findings.ts'

const at = Date.parse('2026-11-23T03:00:00Z')
const known = { owner: 'ops', it: 5 }

/** Opens it, does something with it, closes it. */
function once(folder: string, work: (it: Opened) => void = () => {}, now = at, suspect = false): Opened {
  const opened = openDatabase(folder, now, suspect)
  work(opened)
  opened.database.close()
  return opened
}
const filled = (folder: string) => once(folder, ({ database }) => put(database, sink, known))
const aside = (folder: string) => readdirSync(folder).filter((it) => it.includes('corrupt'))

t.test('a new state, for its group to read and nobody else', async (t) => {
  const folder = join(t.testdir(), 'new/state')
  const opened = filled(folder)
  t.match(opened, { inMemory: false, problem: undefined, loss: undefined, remembered: { sinks: [] } })
  t.equal(statSync(databaseFile(folder)).mode & 0o777, 0o640)
  t.equal(statSync(folder).mode & 0o777, 0o750)
  t.strictSame(once(folder).remembered.sinks, [known], 'what was written is there')
  t.strictSame(readdirSync(folder), ['murphy.db'])
})

t.test('what is no database is set aside, and that nothing is known is said', async (t) => {
  for (const text of ['', 'this is no database, whatever it says'.repeat(200)]) {
    const folder = t.testdir({ 'murphy.db': text })
    const { loss, inMemory } = once(folder)
    t.notOk(inMemory)
    t.match(loss, { at, text: /could not be read and was moved to .*Murphy no longer knows/ })
    const [damaged = ''] = aside(folder)
    t.equal(damaged, 'murphy.db.corrupt-2026-11-23T030000.000Z')
    t.equal(readFileSync(join(folder, damaged), 'utf8'), text, 'for whoever wants to know')
    t.equal(once(folder).loss, undefined, 'it is said once')
  }
})

t.test('of a damaged one, or of one that is suspected, what is sound is carried over', async (t) => {
  const folder = t.testdir()
  once(folder, ({ database }) => {
    put(database, sink, known)
    put(database, ofFinding, finding({ code: 'a.b' }))
    database.exec("UPDATE finding SET json = '{'")
  })
  const opened = once(folder)
  t.match(
    opened.loss?.text,
    /was damaged and moved to .*Lost: 1 finding \(json is no JSON\)\. The rest was kept\.$/,
  )
  t.strictSame(opened.remembered.sinks, [known])
  const suspected = once(folder, () => {}, at + 1000, true)
  t.match(suspected.loss?.text, /Lost: nothing that is known/)
  t.strictSame(suspected.remembered.sinks, [known])
  t.equal(aside(folder).length, 2)
})

t.test('a table that is not as it was made is damage too', async (t) => {
  const folder = t.testdir()
  filled(folder)
  once(folder, ({ database }) => database.exec('ALTER TABLE told RENAME TO tolf'))
  const { loss, remembered } = once(folder)
  t.match(loss?.text, /Lost: part of the records of notifications/)
  t.strictSame(remembered.sinks, [known])
})

t.test('of damaged files the last three are kept, each with what belongs to it', async (t) => {
  const of = (name: string) => [`murphy.db.corrupt-${name}`, `murphy.db.corrupt-${name}-wal`]
  const before = ['2026-01', '2026-02', '2026-03'].flatMap(of)
  const folder = t.testdir({
    'murphy.db': 'no database',
    ...Object.fromEntries(before.map((it) => [it, ''])),
  })
  once(folder)
  const newest = 'murphy.db.corrupt-2026-11-23T030000.000Z'
  t.strictSame(aside(folder), [...['2026-02', '2026-03'].flatMap(of), newest])
})

t.test('an exchange that was cut off is finished', async (t) => {
  const folder = t.testdir()
  const file = databaseFile(folder)
  filled(folder)
  renameSync(file, `${file}.new`)
  writeFileSync(`${file}-wal`, 'of the damaged one')
  t.strictSame(once(folder).remembered.sinks, [known])
  t.strictSame(aside(folder), ['murphy.db.corrupt-unfinished-wal'])
  writeFileSync(`${file}.part`, 'half of it')
  writeFileSync(`${file}.new`, 'from an exchange that was not needed')
  t.strictSame(once(folder).remembered.sinks, [known], 'and what is there goes before what was to come')
  t.match(once(folder, () => {}, at, true).remembered.sinks, [known], 'what is left of one does no harm')
  t.notOk(existsSync(`${file}.part`) || existsSync(`${file}.new`))
})

t.test('where nothing can be written it remembers in memory what can be read, and says so', async (t) => {
  const folder = t.testdir({ file: 'no folder' })
  const nowhere = once(join(folder, 'file/state'))
  t.match(nowhere, {
    inMemory: true,
    problem: /cannot be opened for writing: .* Murphy remembers in memory only\.$/,
  })
  t.equal(nowhere.loss, undefined)
  filled(folder)
  const newer = new DatabaseSync(databaseFile(folder))
  newer.exec('PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE)')
  newer.close()
  const before = readFileSync(databaseFile(folder))
  const opened = once(folder, ({ database }) => put(database, sink, { owner: 'new', it: 6 }))
  t.match(opened, { inMemory: true, problem: /it was written by a newer Murphy \(state version 99\)/ })
  t.strictSame(opened.remembered.sinks, [known])
  t.ok(before.equals(readFileSync(databaseFile(folder))), 'and never writes to it')
})

t.test('what cannot even be read is said', async (t) => {
  const folder = t.testdir()
  mkdirSync(databaseFile(folder))
  t.match(once(folder), {
    inMemory: true,
    problem: /cannot be opened for writing/,
    loss: { text: /cannot be read: .* All of it is unknown\.$/, at },
  })
})
