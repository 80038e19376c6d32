import t from 'tap'
import type { Account } from '../../../collectors/memory/account.ts'
import { balanced } from '../../../collectors/memory/account.ts'

const look = (
  counted: number | undefined,
  killed: number | undefined,
  account?: Account,
  more: object = {},
) =>
  balanced(account, {
    boot: 'one',
    counted,
    log: killed === undefined ? undefined : { killed },
    now: 1000,
    hold: 100,
    ...more,
  })

t.test('what the kernel counts is explained, from before, or lost', async (t) => {
  const first = look(12, 9)
  t.strictSame(first, { boot: 'one', counted: 12, explained: 9, before: 3, lost: 0 }, "that is nobody's loss")
  const second = look(15, 3, first)
  t.match(second, { counted: 15, explained: 12, before: 3, lost: 0, until: undefined })
  const third = look(20, 2, second)
  t.strictSame(third, {
    boot: 'one',
    counted: 20,
    explained: 14,
    before: 3,
    lost: 3,
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
  })
  t.equal(look(undefined, 3, first), first)
  t.equal(look(9, undefined, first), first)
  t.equal(look(undefined, 1), undefined, 'before Linux 4.13')
})
