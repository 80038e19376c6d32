import t from 'tap'
import { type Counters, reconciled } from '../../../../collectors/memory/history/counters.ts'
import type { Named } from '../../../../collectors/memory/history/victims.ts'

const kill = (podUid: string, processes = 1): Named => ({
  ...{ sequence: 1, uptime: 1, pid: 1, comm: 'x', scope: 'cgroup', at: 1 },
  ...{ podUid, processes },
})
const counts = (of: Readonly<Record<string, number>>): Counters =>
  Object.fromEntries(Object.entries(of).map(([pod, count]) => [pod, { counts: { '': count } }]))

t.test('what the log explains is nobody’s loss', async (t) => {
  const one = reconciled(undefined, counts({ a: 7 }), [kill('a')], 0)
  t.strictSame(one, { counters: counts({ a: 7 }), unrecorded: [] }, 'the first look is a beginning')
  const two = reconciled(one.counters, counts({ a: 10, b: 1 }), [kill('a', 3), kill('b')], 5)
  t.strictSame(two.unrecorded, [])
  t.strictSame(two.counters, counts({ a: 10, b: 1 }))
})

t.test('lost records are those of the pods whose count rose by more', async (t) => {
  const before = counts({ a: 2 })
  const { unrecorded } = reconciled(before, counts({ a: 5, b: 4 }), [kill('a')], 9)
  t.match(unrecorded, [
    { of: { uid: 'a' }, kills: 2 },
    { of: { uid: 'b' }, kills: 4 },
  ])
  t.match(reconciled(before, counts({ a: 5, b: 4 }), [kill('a')], 3).unrecorded, [{ kills: 2 }, { kills: 1 }])
  t.strictSame(
    reconciled(before, counts({ a: 5 }), [], 0).unrecorded,
    [],
    'nothing is lost: they are explained, if by a name only',
  )
})

t.test('a kill after the counts were read is not counted twice', async (t) => {
  const one = reconciled(counts({ a: 1 }), undefined, [kill('a')], 0)
  t.strictSame(one.counters, { a: { counts: { '': 1 }, ahead: 1 } })
  const two = reconciled(one.counters, counts({ a: 3 }), [], 1)
  t.match(two.unrecorded, [{ of: { uid: 'a' }, kills: 1 }])
  t.strictSame(two.counters, counts({ a: 3 }))
})

t.test('a container that is gone takes its count with it, and the pod at last', async (t) => {
  const of = (its: Readonly<Record<string, number>>): Counters => ({ a: { counts: its } })
  const { counters, unrecorded } = reconciled(of({ one: 5 }), of({ two: 2 }), [], 2)
  t.match(unrecorded, [{ of: { uid: 'a', containerId: 'two' }, kills: 2 }])
  t.strictSame(counters, of({ two: 2 }))
  t.strictSame(reconciled(counters, {}, [], 4), { counters: {}, unrecorded: [] })
})
