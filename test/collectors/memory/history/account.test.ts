import t from 'tap'
import type { Account } from '../../../../collectors/memory/history/account.ts'
import { balanced, believable } from '../../../../collectors/memory/history/account.ts'

const look = (
  counted: number | undefined,
  killed: number | undefined,
  account?: Account,
  more: object = {},
) =>
  balanced(account, {
    boot: 'one',
    counts: { before: counted, after: counted },
    log: killed === undefined ? undefined : { killed },
    now: 1000,
    hold: 100,
    ...more,
  })

t.test('what the kernel counts is explained, from before, or lost', async (t) => {
  const first = look(12, 9)
  t.strictSame(
    first,
    { boot: 'one', counted: 12, explained: 9, before: 3, lost: 0, floor: 12 },
    "that is nobody's loss",
  )
  const second = look(15, 3, first)
  t.match(second, { counted: 15, explained: 12, before: 3, lost: 0, until: undefined })
  const third = look(20, 2, second)
  t.strictSame(third, {
    boot: 'one',
    counted: 20,
    explained: 14,
    before: 3,
    lost: 3,
    floor: 20,
    last: 1000,
    until: 1100,
  })
  t.match(look(20, 0, third, { now: 1050 }), { lost: 3, last: 1000, until: 1100 })
  t.match(look(20, 0, third, { now: 1200 }), { lost: 3, last: 1000, until: undefined }, 'told for a while')
  for (const it of [first, second, third])
    t.equal(it && it.explained + it.before + it.lost, it?.counted, 'always true')
})

t.test('kills between the two readings are no loss', async (t) => {
  const first = look(5, 5)
  const second = look(5, 2, first)
  t.match(second, { counted: 7, explained: 7, lost: 0 }, 'the log is ahead')
  t.match(look(8, 1, second), { counted: 8, explained: 8, lost: 0 })
})

t.test('a new boot begins anew; what could not be read changes nothing', async (t) => {
  const first = look(9, 4)
  t.strictSame(look(2, 1, first, { boot: 'two' }), {
    boot: 'two',
    counted: 2,
    explained: 1,
    before: 1,
    lost: 0,
    floor: 2,
  })
  t.equal(look(undefined, 3, first), first)
  t.equal(look(9, undefined, first), first)
  t.equal(look(undefined, 1), undefined, 'before Linux 4.13')
})

t.test('no more lines are kills than were counted since right before the last look', async (t) => {
  t.equal(believable(undefined, 'one', { before: 3, after: 4 }), 4, 'the first look: all of this boot')
  const first = look(4, 4, undefined, { counts: { before: 3, after: 4 } })
  t.equal(
    believable(first, 'one', { before: 4, after: 6 }),
    3,
    'one may have been printed after the last look',
  )
  t.equal(believable(first, 'two', { before: 0, after: 2 }), 2, 'another boot')
  t.equal(believable(first, 'one', { before: undefined, after: undefined }), undefined, 'before Linux 4.13')
  const stored = { boot: 'one', counted: 9, explained: 9, before: 0, lost: 0 }
  t.equal(believable(stored, 'one', { before: 9, after: 9 }), 9, 'of a version that noted no floor')
  t.equal(look(undefined, 1, first), first, 'what could not be read leaves the floor where it was')
})

t.test('what was not believed is remembered, and explains nothing', async (t) => {
  const first = look(4, 4)
  const more = { log: { killed: 1, disbelieved: 22 } }
  const second = look(5, 1, first, more)
  t.match(second, { counted: 5, explained: 5, lost: 0, disbelieved: 22 })
  t.match(look(5, 0, second), { disbelieved: 22 })
  t.equal(look(1, 1, second, { boot: 'two' })?.disbelieved, undefined)
})
