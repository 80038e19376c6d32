import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { damageText, inspect, isCorrupt, isDamaged, noDamage } from '../../../agent/state/inspect.ts'
import { filled, made, told } from './filled.ts'

t.test('everything that is sound, and nothing to say', async (t) => {
  const { remembered, damage } = inspect(filled(t))
  t.notOk(isDamaged(damage))
  t.match(remembered, {
    findings: [{ subject: 'a' }, { subject: 'b' }, { subject: 'c' }],
    told: [{ owner: 'ops', it: told }],
    sinks: [{ owner: 'ops', it: 5 }],
    silences: [{ id: 's' }],
    samples: [{ collector: 'certs' }],
    clock: { trusted: 1, wall: 2, held: 3 },
  })
  t.strictSame(inspect(made(t)).remembered, {
    findings: [],
    judgements: [],
    told: [],
    sinks: [],
    silences: [],
    samples: [],
  })
})

t.test('a row that is not sound costs itself alone, and is counted with its reason', async (t) => {
  const db = filled(t)
  db.exec(`UPDATE finding SET json = '{' WHERE json LIKE '%"subject":"b"%';
    UPDATE finding SET code = 'x.y' WHERE json LIKE '%"subject":"c"%';
    UPDATE series SET value = 9e999 WHERE at = 1;
    UPDATE sink SET since = 9223372036854775807`)
  const { remembered, damage } = inspect(db)
  t.strictSame(
    remembered.findings.map((it) => it.subject),
    ['a'],
  )
  t.strictSame(remembered.sinks, [], 'a number that is too large is none')
  t.ok(isDamaged(damage))
  t.equal(
    damageText(damage),
    '2 findings (json is no JSON), 1 sink (since is no number in its range), 1 measured value (is no number in its range)',
  )
})

t.test('a table that is gone is said, and hides no other', async (t) => {
  const db = filled(t)
  db.exec('DROP TABLE told')
  const { remembered, damage } = inspect(db)
  t.equal(remembered.findings.length, 3)
  t.match(damageText(damage), /^part of the records of notifications \(no such table: told\)$/)
})

t.test("what is the file's fault", async (t) => {
  t.ok(isCorrupt({ errcode: 11 }))
  t.ok(isCorrupt({ errcode: 26 }))
  t.ok(isCorrupt({ errcode: 11 | (3 << 8) }), 'an extended code')
  t.ok(isCorrupt({ errcode: 267 }), 'SQLITE_CORRUPT_VTAB')
  t.notOk(isCorrupt({ errcode: 13 }), 'a full disk')
  t.notOk(isCorrupt(new Error('x')))
  const db = new DatabaseSync(':memory:')
  t.teardown(() => db.close())
  try {
    db.deserialize(Buffer.alloc(8192, 'x'))
    db.prepare('SELECT * FROM x').all()
    t.fail('that is no database')
  } catch (error) {
    t.ok(isCorrupt(error), 'as SQLite itself says it')
  }
})

t.test('damage in words has an end', async (t) => {
  const damage = noDamage()
  t.notOk(isDamaged(damage))
  t.equal(damageText(damage), '')
  damage.broken.set('finding', 'x'.repeat(5000))
  t.equal(damageText(damage).length, 1000)
})
