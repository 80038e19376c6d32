import t from 'tap'
import { allRules } from '../../../../agent/cli/commands/explain.ts'
import { elsewhere } from '../../../../agent/core/cascade/elsewhere.ts'
import { incidents } from '../../../../agent/core/cascade.ts'
import { changeOf, findingsOf, takingHold } from '../../../../agent/core/plan/change.ts'
import type { Finding, Incident, NotificationRecord } from '../../../../agent/model/index.ts'
import { finding } from '../../findings.ts'

const rules = allRules()
const minute = 60_000
const start = 1_000_000 * minute
const found = (code: string, since: number, more: Partial<Finding> = {}) =>
  finding({ code, since, onset: { from: since - minute, to: since }, severity: 'critical', ...more })

/** A bridge that lacked its address for ten minutes, and a log that says ever since that names fail. */
const bridge = found('cni.bridge-address', start, { resolved: start + 10 * minute })
const says = (latest: number, more: Partial<Finding> = {}) =>
  found('pods.log-says', start + minute, {
    severity: 'warning',
    latest,
    evidence: { pattern: 'dns' },
    ...more,
  })
const dead = (since: number, more: Partial<Finding> = {}) => found('cni.dns-dead', since, more)
const idsOf = (line: Finding, ...others: readonly Finding[]) =>
  elsewhere(
    [bridge, line],
    rules,
    Map.groupBy([bridge, line, ...others], (it) => it.code),
  )

t.test('a log that goes on by something else that is open', async (t) => {
  const line = says(start + 30 * minute)
  t.strictSame(idsOf(line, dead(start + 15 * minute)), [line.id])
  t.strictSame(idsOf(line), [], 'nothing else is wrong')
  t.strictSame(idsOf(line, dead(start + 40 * minute)), [], 'that began later')
  t.strictSame(idsOf(line, found('certs.expired', start + 15 * minute)), [], 'that does not explain it')
  t.strictSame(
    idsOf(says(start + 30 * minute, { evidence: { pattern: 'x509' } }), dead(start + 15 * minute)),
    [],
  )
  const info = dead(start + 15 * minute, { severity: 'info' })
  t.strictSame(idsOf(line, info), [], 'nobody was told of that')
})

t.test('what is over explains only what happened until it could be known', async (t) => {
  const over = dead(start + 12 * minute, { resolved: start + 20 * minute })
  const [soon, later] = [says(start + 25 * minute), says(start + 27 * minute)]
  t.strictSame(idsOf(soon, over), [soon.id])
  t.strictSame(idsOf(later, over), [])
})

t.test('what is over, or does not happen again and again, is not asked about', async (t) => {
  const line = says(start + 30 * minute, { resolved: start + 31 * minute })
  t.strictSame(idsOf(line, dead(start + 15 * minute)), [])
  const { latest: _, ...once } = says(0)
  t.strictSame(idsOf(once, dead(start + 15 * minute)), [])
})

t.test('nobody is told that the repair left over what another fault does', async (t) => {
  const now = start + 32 * minute
  const line = says(start + 30 * minute, { seen: now })
  const of = (...others: readonly Finding[]) =>
    incidents([bridge, line, ...others], rules, now).find((it) => it.id === bridge.id) as Incident
  const record = (it: Incident): NotificationRecord => ({
    ...{ incident: it.id, severity: 'warning', findings: findingsOf(it).map(({ id }) => id) },
    ...{ lead: line.id, at: start + 11 * minute, reminded: start },
  })
  const policy = { min: 'warning', remind: 0, since: 0 } as const
  const change = (it: Incident) => changeOf(it, record(it), policy, now)
  const left = of()
  t.equal(left.elsewhere, undefined)
  t.match(change(left), { kind: 'reminder' })
  t.ok(now - Number(bridge.resolved) >= takingHold)
  const other = of(dead(start + 15 * minute, { seen: now }))
  t.strictSame(other.elsewhere, [line.id])
  t.equal(change(other), undefined)
})
