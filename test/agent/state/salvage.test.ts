import t from 'tap'
import { damageText, inspect, isDamaged } from '../../../agent/state/inspect.ts'
import { carryOver } from '../../../agent/state/salvage.ts'
import { filled, made } from './filled.ts'

t.test('carried over: what is sound, once, and what was lost is said', async (t) => {
  const from = filled(t)
  from.exec(
    'UPDATE finding SET json = \'{\' WHERE json LIKE \'%"subject":"b"%\'; UPDATE series SET value = 9e999 WHERE at = 1',
  )
  const to = made(t)
  const damage = carryOver(from, to)
  t.equal(damageText(damage), '1 finding (json is no JSON), 1 measured value (is no number in its range)')
  const after = inspect(to)
  t.notOk(isDamaged(after.damage))
  t.strictSame(
    after.remembered.findings.map((it) => it.subject),
    ['a', 'c'],
  )
  t.equal(to.prepare('SELECT count(*) AS n FROM series').get()?.n, 1)
  t.notOk(to.isTransaction)
})

t.test('a table that is not there, or not as it was made, costs no other', async (t) => {
  const from = filled(t)
  from.exec('ALTER TABLE told RENAME TO tolf')
  const to = made(t)
  t.equal(damageText(carryOver(from, to)), 'part of the records of notifications (no such table: told)')
  t.equal(inspect(to).remembered.findings.length, 3)
})

t.test('where it cannot be written, nothing is half there', async (t) => {
  const to = made(t)
  to.exec("CREATE TRIGGER full BEFORE INSERT ON sample BEGIN SELECT RAISE(FAIL, 'disk is full'); END")
  t.throws(() => carryOver(filled(t), to), /disk is full/)
  t.notOk(to.isTransaction)
  t.equal(to.prepare('SELECT count(*) AS n FROM finding').get()?.n, 0)
})
