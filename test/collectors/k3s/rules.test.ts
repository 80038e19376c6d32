import t from 'tap'
import { causeOf } from '../../../agent/core/cascade/edges.ts'
import { incidents } from '../../../agent/core/cascade.ts'
import { type Ledger, step } from '../../../agent/core/ledger.ts'
import { plan, recordSent } from '../../../agent/core/plan.ts'
import type { Finding, NotificationRecord, Observation } from '../../../agent/model/index.ts'
import { rules } from '../../../collectors/k3s/rules.ts'
import { finding } from '../../agent/findings.ts'

t.test('what people do is information, and only that; a crash is a warning of its own', async (t) => {
  const done = ['k3s.restarted', 'k3s.killed', 'k3s.rebooted', 'k3s.certificates-rotated']
  for (const [code, it] of Object.entries(rules)) {
    t.equal(it.event === true, [...done, 'k3s.crashed'].includes(code), code)
    t.equal(it.severity === 'info', done.includes(code), code)
    if (!it.event) t.ok(it.avoid, `${code}: what makes it worse`)
  }
})

t.test('a crash at each start is one message: that k3s keeps restarting', async (t) => {
  const start = 1_000_000
  let ledger: Ledger = []
  let told: readonly NotificationRecord[] = []
  const heard: string[] = []
  const look = (at: number, ...observations: readonly Observation[]) => {
    ledger = step(ledger, { rules, observations }, at)
    const policy = { min: 'warning', remind: 0, since: 0, most: 6 } as const
    for (const it of plan(incidents(ledger, rules, at), told, policy, 'node1', at)) {
      heard.push(`${at - start} ${it.kind} ${'incident' in it ? it.incident.severity : ''}`)
      const changed = recordSent(told, it, '1', at)
      told = [...told.filter((one) => !changed.some(({ incident }) => incident === one.incident)), ...changed]
    }
  }
  const crash = (at: number) => ({ code: 'k3s.crashed', subject: 'k3s', text: 'It crashed.', at })
  const loop = { code: 'k3s.restarting', subject: 'k3s', text: 'Again and again.', at: start, latest: start }
  look(start + 2_000, crash(start))
  look(start + 14_000, crash(start), crash(start + 12_000))
  look(start + 26_000, loop)
  look(start + 36_000, loop)
  look(start + 60_000, loop)
  t.strictSame(heard, ['26000 opened critical'])

  const once = 2_000_000
  look(once - 1_000)
  heard.length = 0
  for (const at of [2_000, 40_000, 45_000, 60_000]) look(once + at, crash(once))
  t.strictSame(
    heard,
    [`${once + 45_000 - start} opened warning`],
    'a crash from which it came back is told too',
  )
})

t.test('what does not show in how k3s crashed does not make it crash again and again', async (t) => {
  const at = (code: string, since: number, evidence: Finding['evidence'] = {}) =>
    finding({ code, since, onset: { from: since, to: since }, severity: 'critical', evidence })
  const expired = { ...at('certs.expired', 0), subject: 'k3s server' }
  const loop = at('k3s.restarting', 700_000)
  const causesIn = (...all: readonly Finding[]) => {
    const byCode = Map.groupBy([expired, loop, ...all], (it) => it.code)
    const first = causeOf(loop, rules, byCode)
    return [first?.code, first && causeOf(first, rules, byCode)?.code]
  }
  const x509 = { exit: 1, reason: 'x509: certificate has expired' }
  t.strictSame(causesIn(at('k3s.crashed', 690_000, x509)), ['k3s.crashed', 'certs.expired'])
  t.strictSame(causesIn(at('k3s.crashed', 690_000, { exit: 1 })), ['k3s.crashed', undefined])
  t.strictSame(causesIn(), ['certs.expired', undefined], 'nobody saw a crash')
})

t.test('a start explains what is unwell since then, not what was well after it', async (t) => {
  const start = 1_000_000
  for (const code of ['k3s.restarted', 'k3s.crashed'] as const)
    for (const effect of ['k3s.api-unhealthy', 'k3s.kubelet-unhealthy']) {
      const cause = finding({ code, subject: 'k3s-agent', since: start, onset: { from: start, to: start } })
      const unwell = (from: number) =>
        finding({ code: effect, since: start + 120_000, onset: { from, to: start + 120_000 } })
      const causeIn = (it: ReturnType<typeof finding>) =>
        causeOf(
          it,
          rules,
          Map.groupBy([cause, it], (one) => one.code),
        )?.code
      t.equal(causeIn(unwell(start - 40_000)), code, 'as it never came up')
      t.equal(causeIn(unwell(start + 56_000)), undefined, 'as when a cable is pulled two minutes later')
    }
})
