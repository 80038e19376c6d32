import t from 'tap'
import { causeOf } from '../../../agent/core/cascade/edges.ts'
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
