import t from 'tap'
import { incidents } from '../../../../agent/core/cascade.ts'
import { changeOf, findingsOf, type Policy, stageOf, tellable } from '../../../../agent/core/plan/change.ts'
import type { Finding, Incident, NotificationRecord } from '../../../../agent/model/index.ts'
import { chain, finding } from '../../findings.ts'

const policy: Policy = { min: 'warning', remind: 0, since: 0 }
const one = (now: number, ...ledger: readonly Finding[]) => incidents(ledger, chain, now)[0] as Incident
const record = (it: Incident, more: Partial<NotificationRecord> = {}): NotificationRecord => ({
  incident: it.id,
  severity: it.severity,
  findings: findingsOf(it).map(({ id }) => id),
  at: 0,
  reminded: 0,
  ...more,
})

t.test('the difference between what is true and what was sent', async (t) => {
  const open = one(10, finding({ code: 'a.effect', since: 5, stage: 1 }))
  t.match(changeOf(open, undefined, policy, 10), { kind: 'opened' })
  t.match(changeOf(open, record(open, { stage: 1 }), policy, 10), undefined)
  t.match(changeOf(open, record(open, { unconfirmed: true }), policy, 10), { kind: 'opened' })
  t.match(changeOf(open, record(open, { resolved: 1 }), policy, 10), { kind: 'opened', what: '1' })
  t.match(changeOf(open, record(open), policy, 10), { kind: 'worse', what: '0 stage 1' })
  t.match(changeOf(open, record(open, { stage: 1, severity: 'info' }), policy, 10), { kind: 'worse' })
  t.match(changeOf(open, record(open, { stage: 1, findings: [] }), policy, 10), { kind: 'grew' })
  t.match(changeOf(open, undefined, { ...policy, min: 'critical' }, 10), undefined)
  const over = one(20, finding({ code: 'a.effect', since: 5, resolved: 15 }))
  t.match(changeOf(over, record(over), policy, 20), { kind: 'resolved', what: '15' })
  t.match(changeOf(over, undefined, policy, 20), { kind: 'missed' })
  t.match(changeOf(over, record(over, { resolved: 15 }), policy, 20), undefined)
})

t.test('only what is open, ripe and severe enough is told', async (t) => {
  const it = one(
    10,
    finding({ code: 'a.cause', since: 1, severity: 'critical', stage: 2 }),
    finding({ code: 'a.effect', since: 5, stage: 3 }),
    finding({ code: 'a.effect', subject: 'x', since: 5, notifyAt: 50, stage: 9 }),
  )
  t.equal(tellable(it, 10).length, 2)
  t.equal(tellable(it, 10, 'critical').length, 1)
  t.equal(stageOf(it, 10), 3)
  t.equal(stageOf(it, 10, 'critical'), 2)
})

t.test('the same again is other news, once something else was told meanwhile', async (t) => {
  const at = (severity: 'warning' | 'critical', stage?: number) =>
    one(10, finding({ code: 'a.cause', since: 5, severity, ...(stage && { stage }) }))
  const what = (it: Incident, last: Partial<NotificationRecord>) =>
    changeOf(it, record(it, { stage: it.cause.stage ?? 0, ...last }), policy, 20)
  const again: readonly [Incident, Partial<NotificationRecord>, string][] = [
    [at('critical'), { severity: 'warning' }, 'worse'],
    [at('warning'), { severity: 'critical' }, 'grew'],
    [at('warning', 2), { stage: 1 }, 'worse'],
    [at('warning'), { findings: [] }, 'grew'],
  ]
  for (const [it, last, kind] of again) {
    const [first, still, second] = [11, 11, 12].map((told) => what(it, { ...last, at: told }))
    t.match([first, second], [{ kind }, { kind }])
    t.strictSame(still, first, 'the same until something is told')
    t.not(second?.what, first?.what)
  }
})
