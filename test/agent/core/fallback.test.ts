import t from 'tap'
import {
  concerning,
  isEnd,
  isNew,
  openings,
  refusedSince,
  standsInSince,
} from '../../../agent/core/fallback.ts'
import type { Notice, NotificationRecord } from '../../../agent/model/index.ts'
import { incident, notice, over } from '../../receivers/notices.ts'

const now = 10_000_000
const minutes = (count: number) => count * 60_000
const failing = (ago: number) => ({ failing: { since: now - minutes(ago) } })

t.test('only once all of them have accepted nothing for five minutes', async (t) => {
  t.equal(standsInSince([failing(5)], now), now - minutes(5))
  t.equal(standsInSince([failing(4.9)], now), undefined)
  t.equal(standsInSince([failing(60), failing(6)], now), now - minutes(6), 'since the last of them failed')
  t.equal(standsInSince([failing(60), {}], now), undefined, 'one works')
  t.equal(
    standsInSince([{ ...failing(60), lastSent: now - minutes(1) }], now),
    undefined,
    'it refuses one message and takes others',
  )
  t.equal(standsInSince([{ ...failing(9), lastSent: now - minutes(10) }], now), now - minutes(9))
})

const one = incident({ id: 'one' })
const two = incident({ id: 'two' })
const three = incident({ id: 'three' })
const open = [one, two, three]
const told = (id: string, more: object = {}): NotificationRecord => ({
  ...{ incident: id, severity: 'critical', findings: [], at: 0, reminded: 0 },
  ...more,
})
const ids = (...its: Parameters<typeof concerning>) => concerning(...its).map(({ id }) => id)
const due = (...all: readonly Notice[]) => [{ ...failing(9), due: all }]

t.test('it is told what they have to ring for and cannot, not what they told already', async (t) => {
  t.strictSame(ids(open, [], due(notice('opened', two)), true), ['two'])
  t.strictSame(ids(open, [], due(notice('worse', one), notice('reminder', two)), true), ['one', 'two'])
  t.strictSame(
    ids(open, [], due(notice('grew', one), notice('resolved', two)), true),
    [],
    'nothing to ring for',
  )
  const several: Notice = {
    ...{ kind: 'several', change: 'opened', id: 'm', node: 'n', at: 0 },
    ...{ group: { id: 'g', of: 'kind' }, incidents: [two, { ...three, resolved: 1 }] },
  }
  t.strictSame(ids(open, [], due(several), true), ['two'])
  const digest: Notice = { kind: 'digest', id: 'd', node: 'n', at: 0, incidents: [one] }
  t.strictSame(ids(open, [], due(digest), true), [])
})

t.test('what it was told it is told the end of, needed or not', async (t) => {
  t.strictSame(ids(open, [told('three')], due(notice('opened', two)), false), ['three'])
  t.strictSame(ids(open, [told('three')], due(notice('opened', two)), true), ['two', 'three'])
  t.strictSame(ids(open, [told('three', { resolved: 5 })], due(), false), [])
  const root = incident({ id: 'root', affected: [{ ...one.cause, id: 'three' }] })
  t.strictSame(ids([root], [told('three')], due(), false), ['root'], 'what it turned out to follow from')
  t.ok(isEnd(notice('resolved', over())) && isEnd(notice('merged')))
  t.notOk(isEnd(notice('opened')) || isEnd(notice('grew')))
})

t.test('of a sink that is told all that is open, what is open and grave enough cannot be told', async (t) => {
  const mild = { ...incident({ id: 'mild' }), severity: 'info' as const }
  const later = { ...incident({ id: 'later' }), notifyAt: one.notifyAt + 1 }
  const said = openings([one, mild, later, over()], 'warning', 'node1', one.notifyAt)
  t.match(said, [{ kind: 'opened', incident: { id: 'one' } }])
  t.equal(said.length, 1)
  t.strictSame(ids([one, two], [], due(...openings([two], 'warning', 'node1', two.notifyAt)), true), ['two'])
})

t.test('what each of them refuses, or cannot be told as it fails, whatever else one takes', async (t) => {
  const refusing = (ago: number, id: string) => ({
    ...{ lastSent: now, failing: { since: now - minutes(ago) } },
    ...{
      refused: new Map([[id, now - minutes(ago)]]),
      due: [notice('opened', one, 'x'), notice('grew', two, 'y')],
    },
  })
  const since = (...all: Parameters<typeof refusedSince>[0]) => Object.fromEntries(refusedSince(all, now))
  t.strictSame(since(refusing(5, 'x')), { one: now - minutes(5) })
  t.strictSame(since(refusing(4.9, 'x')), {})
  t.strictSame(since(refusing(9, 'y')), {}, 'nothing to ring for')
  t.strictSame(since(refusing(9, 'z')), {}, 'no longer due')
  t.strictSame(since(refusing(9, 'x'), refusing(6, 'x')), { one: now - minutes(6) })
  t.strictSame(since(refusing(9, 'x'), { ...failing(7), due: [] }), { one: now - minutes(7) })
  t.strictSame(since(refusing(9, 'x'), { due: [] }), {}, 'the other works')
  const refused = new Map([['one', 5]])
  t.strictSame(
    concerning(open, [told('three')], [refusing(9, 'x')], false, refused).map(({ id }) => id),
    ['one', 'three'],
  )
})

t.test('what people notice is a message of its own', async (t) => {
  t.ok(isNew(notice('opened')) && isNew(notice('reminder')))
  t.ok(isNew({ kind: 'digest', id: 'd', node: 'n', at: 0, incidents: [] }))
  t.notOk(isNew(notice('grew')) || isNew(notice('resolved', over())))
})
