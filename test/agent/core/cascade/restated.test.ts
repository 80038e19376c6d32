import t from 'tap'
import { allRules } from '../../../../agent/cli/commands/explain.ts'
import { restatedIn, saidFor } from '../../../../agent/core/cascade/restated.ts'
import { incidents } from '../../../../agent/core/cascade.ts'
import type { Finding, Rules } from '../../../../agent/model/index.ts'
import { leadOf, statementsOf } from '../../../../agent/model/index.ts'
import { finding } from '../../findings.ts'

const minute = 60_000
const rules: Rules = allRules()
const subject = 'shop/db-0/postgres'
const kill = (more: Partial<Finding> = {}) =>
  finding({ code: 'memory.oom-killed', subject, severity: 'warning', since: minute, ...more })
const repeating = (more: Partial<Finding> = {}) =>
  finding({ code: 'memory.oom-repeating', subject, severity: 'critical', since: minute, ...more })
const codes = (all: readonly Finding[]) => all.map((it) => it.code)

t.test('of a container that is killed again and again one thing is said', async (t) => {
  const [one, ...others] = incidents([kill(), repeating()], rules, 60 * minute)
  t.strictSame(others, [], 'one incident')
  t.strictSame(one?.restated, [kill().id])
  t.strictSame(one && codes(statementsOf(one)), ['memory.oom-repeating'])
})

t.test('what leads the incident is what stands', async (t) => {
  for (const all of [
    [kill(), repeating()],
    [kill({ severity: 'critical' }), repeating()],
    [kill({ severity: 'critical' }), repeating({ resolved: 30 * minute, seen: 30 * minute })],
    [kill({ resolved: 30 * minute, seen: 30 * minute }), repeating()],
  ]) {
    const [one] = incidents(all, rules, 60 * minute)
    t.ok(one && statementsOf(one).includes(leadOf(one)), codes(all).join())
    t.equal(one && statementsOf(one).length, 1)
  }
})

t.test('another container, or another kind of finding, is a statement of its own', async (t) => {
  const other = repeating({ subject: 'shop/db-1/postgres', id: 'other' })
  t.strictSame(restatedIn([kill(), other], rules), [])
  const storm = finding({ code: 'memory.oom-storm', subject: 'node', severity: 'critical' })
  t.strictSame(restatedIn([storm, kill()], rules), [], 'a storm does not name its containers')
  const near = finding({ code: 'memory.container-near-limit', subject })
  t.strictSame(restatedIn([near, kill()], rules), [], 'a cause is no restatement')
})

t.test('what is said in the place of the first of them', async (t) => {
  const all = [kill(), repeating()] as const
  t.equal(saidFor(all[0], all, rules), all[1])
  t.equal(saidFor(all[1], all, rules), all[1])
  const expiring = finding({
    code: 'certs.expiring',
    subject: 'k3s server',
    severity: 'critical',
    resolved: 5,
  })
  const expired = finding({ code: 'certs.expired', subject: 'k3s server', severity: 'critical' })
  t.equal(saidFor(expiring, [expiring, expired], rules), expired)
})
