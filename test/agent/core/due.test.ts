import t from 'tap'
import { nextDue, type Pending } from '../../../agent/core/due.ts'
import { restGap } from '../../../agent/core/plan/budget.ts'
import { gathering } from '../../../agent/core/plan/groups.ts'
import { finding } from '../findings.ts'

const now = 1_000_000
const minute = 60_000
const nothing: Pending = { ledger: [], incidents: [], sinks: [], silences: [], remind: 0 }
const cause = finding({ code: 'a.b', since: now - minute, notifyAt: now + minute })
const incident = {
  id: cause.id,
  cause,
  affected: [],
  severity: 'warning' as const,
  since: cause.since,
  notifyAt: now + 2 * minute,
  fix: [],
  avoid: [],
}
const told = { incident: incident.id, severity: 'warning' as const, findings: [], at: now, reminded: now - 5 }
const fine = {}

t.test('the next of all that comes by time alone', async (t) => {
  t.equal(nextDue(nothing, now), Number.POSITIVE_INFINITY)
  t.equal(nextDue({ ...nothing, ledger: [cause] }, now), now + minute, 'patience of a finding')
  t.equal(nextDue({ ...nothing, incidents: [incident] }, now), now + 2 * minute, 'and of an incident')
  t.equal(nextDue({ ...nothing, ledger: [{ ...cause, resolved: now }] }, now), Number.POSITIVE_INFINITY)
  t.equal(nextDue({ ...nothing, ledger: [cause] }, now + minute), Number.POSITIVE_INFINITY, 'it is over')
  const silence = { id: 'all', what: 'all', since: 0, until: now + 7 }
  t.equal(nextDue({ ...nothing, silences: [silence], ledger: [cause] }, now), now + 7, 'a silence ends')
})

t.test('what Kubernetes refuses, and metrics that are not shown', async (t) => {
  const failing = { since: now, why: 'x' }
  t.equal(nextDue({ ...nothing, kubernetesRefused: failing }, now), now + 5 * minute)
  t.equal(nextDue({ ...nothing, exposed: [{ place: '/x', failing }] }, now), now + 5 * minute)
  t.equal(nextDue({ ...nothing, exposed: [{ place: '/x' }] }, now), Number.POSITIVE_INFINITY)
})

t.test('what a failing heartbeat says of itself', async (t) => {
  const heartbeat = { name: 'switch', every: minute, failing: { since: now, why: 'x' } }
  t.equal(nextDue({ ...nothing, heartbeats: [heartbeat] }, now), now + 5 * minute)
  t.equal(nextDue({ ...nothing, heartbeats: [{ ...heartbeat, every: 4 * minute }] }, now), now + 8 * minute)
  t.equal(
    nextDue({ ...nothing, heartbeats: [{ name: 'switch', every: minute }] }, now),
    Number.POSITIVE_INFINITY,
  )
})

t.test('reminders of what a sink was told, and what a failing sink says of itself', async (t) => {
  const sinks = [{ state: fine, told: [told] }]
  t.equal(nextDue({ ...nothing, incidents: [incident], sinks, remind: minute }, now), now - 5 + minute)
  t.equal(nextDue({ ...nothing, incidents: [incident], sinks }, now), now + 2 * minute, 'none are wanted')
  const failing = { since: now, why: 'x', tries: 1, next: now + 1000 }
  t.equal(
    nextDue({ ...nothing, sinks: [{ state: { ...fine, failing }, told: [] }] }, now),
    now + 5 * minute,
    'a sink that fails is a finding after five minutes',
  )
  const patient = { ...failing, next: now + 60 * minute }
  t.equal(
    nextDue({ ...nothing, sinks: [{ state: { ...fine, failing: patient }, told: [] }] }, now + minute),
    now + 5 * minute,
    'and then another may stand in for it',
  )
})

t.test('a new message may be sent again once an old one counts no more', async (t) => {
  const sinks = [{ state: {}, told: [{ ...told, rang: [now - 9 * minute] }] }]
  t.equal(nextDue({ ...nothing, sinks }, now), now + minute)
})

t.test('the message about the rest may be edited, and ring again, some time after the last', async (t) => {
  const rest = { ...told, group: { id: 'rest x', of: 'rest' as const } }
  const due = (its: object, at: number) =>
    nextDue({ ...nothing, sinks: [{ state: {}, told: [{ ...rest, ...its }] }] }, at)
  t.equal(due({}, now), now + gathering)
  t.equal(due({ at: now - minute, rang: [now - minute] }, now), now - minute + restGap)
  t.equal(
    nextDue({ ...nothing, sinks: [{ state: {}, told: [told] }] }, now),
    Number.POSITIVE_INFINITY,
    'not another',
  )
})
