import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { put } from '../../../agent/state/put-row.ts'
import { makeTables } from '../../../agent/state/schema.ts'
import { finding, sink, tables } from '../../../agent/state/tables.ts'
import { finding as some } from '../findings.ts'

t.test('a row is added, or takes the place of the one of its key', async (t) => {
  const db = new DatabaseSync(':memory:')
  makeTables(db)
  put(db, sink, { owner: 'ntfy', it: 5 })
  put(db, sink, { owner: "o'brien", it: 6 })
  put(db, sink, { owner: 'ntfy', it: 7 })
  t.strictSame(
    db
      .prepare('SELECT name, since FROM sink ORDER BY name')
      .all()
      .map((it) => ({ ...it })),
    [
      { name: 'ntfy', since: 7 },
      { name: "o'brien", since: 6 },
    ],
  )
  put(db, finding, some({ code: 'a.b', resolved: 9 }))
  const [row] = db.prepare('SELECT * FROM finding').all()
  t.strictSame(row && finding.read(row), some({ code: 'a.b', resolved: 9 }), 'and is read as it was put')
})

t.test('every table writes as many values as it has columns', async (t) => {
  const db = new DatabaseSync(':memory:')
  makeTables(db)
  for (const { name, columns } of tables)
    t.equal(
      db.prepare('SELECT count(*) AS count FROM pragma_table_info(?)').get(name)?.count,
      columns.length,
      name,
    )
})
