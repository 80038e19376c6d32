import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { readImage } from '../../../agent/state/image.ts'
import { chance } from '../../chance.ts'

const rowsOf = (db: DatabaseSync) => {
  const rows = db.prepare('SELECT a, b FROM t ORDER BY a').all()
  db.close()
  return rows
}

t.test('file and -wal, cut off or changed anywhere, are read as SQLite itself recovers them', async (t) => {
  const folder = t.testdir()
  const file = join(folder, 'x.db')
  const writer = new DatabaseSync(file)
  writer.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (a TEXT PRIMARY KEY, b TEXT) WITHOUT ROWID')
  const random = chance(12)
  const put = writer.prepare('INSERT OR REPLACE INTO t VALUES (?, ?)')
  const write = (count: number) => {
    for (let at = 0; at < count; at += 1) put.run(`${Math.floor(random() * 60)}`, 'x'.repeat(random() * 900))
  }
  write(40)
  // The second life of a -wal: behind what is new stand frames of before.
  writer.exec('PRAGMA wal_checkpoint(RESTART)')
  write(15)
  const [main, wal] = [readFileSync(file), readFileSync(`${file}-wal`)]
  t.strictSame(rowsOf(readImage(file)), writer.prepare('SELECT a, b FROM t ORDER BY a').all())
  const copy = join(folder, 'copy.db')
  const own = join(folder, 'own.db')
  const different: string[] = []
  const outcomes = new Set<string>()
  for (let at = 0; at < 120; at += 1) {
    const bytes = Buffer.from(wal)
    const place = Math.floor(random() * bytes.length)
    const cut = at % 2 === 0
    if (!cut) bytes[place] = (bytes[place] ?? 0) ^ 0x10
    const left = cut ? bytes.subarray(0, place) : bytes
    for (const it of [copy, own]) {
      writeFileSync(it, main)
      writeFileSync(`${it}-wal`, left)
      writeFileSync(`${it}-shm`, '')
    }
    const mine = JSON.stringify(rowsOf(readImage(copy)))
    const theirs = JSON.stringify(rowsOf(new DatabaseSync(own)))
    if (mine !== theirs) different.push(`${cut ? 'cut' : 'changed'} at ${place}`)
    outcomes.add(theirs)
  }
  t.strictSame(different, [])
  t.ok(outcomes.size > 5, `${outcomes.size} different states, from nothing to all of it`)
  writer.close()
})

t.test('nothing is written beside it, and what is no database is refused', async (t) => {
  const folder = t.testdir({ 'none.db': 'garbage'.repeat(2000), 'empty.db': '' })
  t.throws(() => readImage(join(folder, 'none.db')))
  t.throws(() => readImage(join(folder, 'empty.db')), /empty/)
  t.throws(() => readImage(join(folder, 'absent.db')), { code: 'ENOENT' })
  const file = join(folder, 'x.db')
  const writer = new DatabaseSync(file)
  writer.exec("CREATE TABLE t (a TEXT, b TEXT); INSERT INTO t VALUES ('1', '2')")
  writer.close()
  const before = readFileSync(file)
  // Its first bytes are gone, and so is its last page.
  copyFileSync(file, join(folder, 'y.db'))
  writeFileSync(join(folder, 'y.db'), Buffer.concat([Buffer.alloc(24), before.subarray(24, 6000)]))
  t.equal(readImage(join(folder, 'y.db')).prepare('SELECT name FROM sqlite_schema').all().length, 1)
  t.ok(before.equals(readFileSync(file)))
})
