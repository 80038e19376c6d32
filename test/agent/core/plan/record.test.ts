import t from 'tap'
import { recordSent as direct } from '../../../../agent/core/plan/record.ts'
import { plan, receiptFor, recordSent, recordUnconfirmed } from '../../../../agent/core/plan.ts'
import type { Incident, Notice } from '../../../../agent/model/index.ts'
import { finding } from '../../findings.ts'

const incident = (id: string, more: Partial<Incident> = {}): Incident => {
  const cause = finding({ code: 'a.effect', subject: id, since: 5 })
  return {
    id: cause.id,
    cause,
    affected: [],
    severity: 'warning',
    since: 5,
    notifyAt: 5,
    fix: [],
    avoid: [],
    ...more,
  }
}
const both = [incident('x'), incident('y')]
const policy = { min: 'warning', remind: 0, since: 0 } as const
const several = (of: readonly Incident[] = both) => plan(of, [], policy, 'node1', 10)[0] as Notice

t.test('all of a group have its receipt, and its ring is counted once', async (t) => {
  const told = recordSent([], several(), 'r', 10)
  t.match(told, [
    { group: { of: 'kind' }, receipt: 'r', rang: [10] },
    { group: { of: 'kind' }, receipt: 'r' },
  ])
  t.equal(told[1]?.rang, undefined)
  t.equal(receiptFor(told, several()), 'r')
  t.equal(direct, recordSent)
})

t.test('what was told alone gives its receipt to what it becomes part of', async (t) => {
  const [x] = both
  const alone = recordSent([], plan([x as Incident], [], policy, 'node1', 10)[0] as Notice, 'first', 10)
  const [grew] = plan(both, alone, policy, 'node1', 20)
  t.match(grew, { kind: 'several', change: 'grew' })
  t.equal(receiptFor(alone, grew as Notice), 'first')
  t.match(recordSent(alone, grew as Notice, undefined, 20), [
    { receipt: 'first', rang: [10] },
    { receipt: 'first' },
  ])
})

t.test('a digest rings once, an answer that did not come may have rung', async (t) => {
  const over = both.map((it) => ({ ...it, resolved: 8, cause: { ...it.cause, resolved: 8 } }))
  const digest = recordSent([], several(over), undefined, 10)
  t.strictSame(
    digest.map(({ rang, resolved }) => [rang, resolved]),
    [
      [[10], 10],
      [undefined, 10],
    ],
  )
  const unsure = recordUnconfirmed([], several(), 10)
  t.match(unsure, [{ unconfirmed: true, rang: [10] }, { unconfirmed: true }])
  t.strictSame(recordUnconfirmed(unsure, several(), 20), [])
  const [first] = recordSent(unsure, several(), 'r', 20)
  t.strictSame(first?.rang, [10], 'the same message')
  t.equal(first?.unconfirmed, undefined)
})

t.test('what overtook an earlier edit is still part of the message when that is answered', async (t) => {
  const told = recordSent([], several(), 'r', 10)
  const [earlier] = plan([...both, incident('z')], told, policy, 'node1', 20)
  const [later] = plan([...both, incident('z'), incident('late')], told, policy, 'node1', 30)
  t.match([earlier, later], [{ change: 'grew' }, { change: 'grew' }])
  const ahead = recordSent(told, later as Notice, undefined, 31)
  const after = recordSent(ahead, earlier as Notice, undefined, 40)
  t.notOk(
    after.some((it) => it.resolved !== undefined),
    'nothing of it is over',
  )
  const left = recordSent(told, { ...(earlier as Notice), at: 50 }, undefined, 50)
  t.notOk(left.some((it) => it.resolved !== undefined))
})

t.test('what got worse and was told without a sound still has to ring', async (t) => {
  const it = incident('x', { severity: 'critical' })
  const told = recordSent([], plan([it], [], policy, 'node1', 10)[0] as Notice, 'first', 10)
  const grew: Notice = { kind: 'grew', id: 'n', node: 'node1', at: 20, incident: it }
  t.equal(recordSent(told, grew, undefined, 20)[0]?.quiet, undefined)
  const quiet = recordSent(told, { ...grew, urgent: true }, undefined, 20)
  t.equal(quiet[0]?.quiet, true, 'a step that cannot wait, as no message was left')
  t.match(plan([it], quiet, policy, 'node1', 30), [{ kind: 'worse' }])
})

t.test('what was rung for in the same message does not have to ring later', async (t) => {
  const told = recordSent([], several(), 'r', 10)
  const grave = (of: Incident): Incident => ({ ...of, severity: 'critical' })
  const [x, y] = both as [Incident, Incident]
  const worse = plan([grave(x), y], told, policy, 'node1', 20)[0] as Notice
  t.match(worse, { kind: 'several', change: 'worse' })
  const rung = recordSent(told, worse, 'r', 20)
  const grew = plan([grave(x), grave(y)], rung, policy, 'node1', 30)[0] as Notice
  t.match(grew, { kind: 'several', change: 'grew' })
  t.strictSame(
    recordSent(rung, grew, undefined, 30).map(({ severity, quiet }) => [severity, quiet]),
    [
      ['critical', undefined],
      ['critical', undefined],
    ],
  )
})
