import t from 'tap'
import { isSame, isSettled, stampOf } from '../../../collectors/node/stamps.ts'
import { now, stat } from './settled.ts'

t.test('a stamp is of a state that a further change would show', (t) => {
  t.equal(stampOf(stat, now), `1:2:5:${now - 60_000}:${now - 60_000}`)
  for (const ago of [10, 1_000, 2_499]) {
    t.equal(stampOf({ ...stat, ctime: now - ago }, now), '', `changed ${ago} ms ago`)
    t.equal(stampOf({ ...stat, mtime: now - ago }, now), '', `written ${ago} ms ago`)
  }
  t.ok(isSettled({ ...stat, ctime: now - 2_500 }, now))
  t.equal(stampOf(stat, now - 120_000), '', 'the clock was set back since')
  t.end()
})

t.test('two states are one if nothing of them differs that says what is there', (t) => {
  t.ok(isSame(stat, { ...stat, mode: 0o644, uid: 1 }))
  for (const other of [{ size: 6 }, { mtime: now }, { ctime: now }, { dev: 9 }, { ino: 9 }])
    t.notOk(isSame(stat, { ...stat, ...other }), JSON.stringify(other))
  t.end()
})
