import t from 'tap'
import type { Incident } from '../../../agent/model/index.ts'
import { leadOf, rootAndOn, titleOf } from '../../../agent/model/index.ts'
import { finding } from '../findings.ts'

const cause = finding({ code: 'a.root', title: 'the root', severity: 'warning' })
const mild = finding({ code: 'a.mild', title: 'something mild', severity: 'warning', since: 5 })
const grave = finding({ code: 'a.grave', title: 'something grave', severity: 'critical', since: 9 })
const incident = (it: Partial<Incident>): Incident => ({
  ...{ id: 'i', cause, affected: [], severity: 'critical', since: 0, notifyAt: 0, fix: [], avoid: [] },
  ...it,
})

t.test('the root speaks for its incident, until it alone is over, or another is graver', async (t) => {
  t.equal(leadOf(incident({ affected: [mild] })), cause)
  t.equal(leadOf(incident({ affected: [mild, grave] })), grave)
  t.equal(leadOf(incident({ affected: [grave], severity: 'warning' })), cause, 'that is not told yet')
  const over = { ...cause, resolved: 20 }
  t.equal(leadOf(incident({ cause: over, affected: [mild, grave] })), grave, 'then the gravest that is left')
  const older = { ...grave, id: 'older', since: 1 }
  t.equal(leadOf(incident({ cause: over, affected: [grave, older] })), older, 'of those the oldest')
  const all = [{ ...grave, resolved: 21 }]
  t.equal(leadOf(incident({ cause: over, affected: all })), over, 'nothing is left')
  t.equal(leadOf(incident({ cause: over, affected: [mild], resolved: 30 })), over, 'it is closed')
  t.equal(leadOf(incident({ cause: over, affected: [grave], resolved: 30 })), grave)
})

t.test('a title says what is grave; what it came of is said beside it', async (t) => {
  t.equal(titleOf(incident({})), 'the root')
  t.equal(titleOf(incident({ affected: [mild] })), 'the root', 'no graver than the root')
  t.equal(titleOf(incident({ affected: [mild, grave] })), 'something grave')
  t.equal(
    titleOf(incident({ affected: [grave], severity: 'warning' })),
    'the root',
    'not what has not been told of yet',
  )
  const over = { ...grave, resolved: 10 }
  t.equal(titleOf(incident({ affected: [over] })), 'the root', 'what is over is not told as if it were so')
  t.equal(titleOf(incident({ affected: [over], resolved: 20 })), 'something grave')
  t.equal(titleOf(incident({ cause: { ...cause, resolved: 10 }, affected: [grave] })), 'something grave')
})

t.test('a root that goes on as something else is the same to people', async (t) => {
  const before = { ...cause, subject: 'k3s server', stage: 1, resolved: 10 }
  const after = finding({ code: 'a.next', title: 'what it is by now', subject: 'k3s server', stage: 2 })
  const it = incident({ cause: before, affected: [after, grave] })
  t.strictSame(rootAndOn(it), [before, after])
  t.equal(titleOf(incident({ cause: before, affected: [after] })), 'what it is by now')
  t.equal(
    titleOf(incident({ cause: before, affected: [{ ...after, resolved: 11 }, grave] })),
    'something grave',
  )
  const over = incident({ cause: before, affected: [{ ...after, resolved: 11 }], resolved: 11 })
  t.equal(titleOf(over), 'what it is by now', 'what was near is not what is over')
  t.equal(
    titleOf({ ...over, affected: [{ ...after, stage: 0, resolved: 11 }] }),
    'the root',
    'it came no further',
  )
})
