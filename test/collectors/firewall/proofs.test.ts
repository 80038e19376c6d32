import t from 'tap'
import { allRules } from '../../../agent/cli/commands/explain.ts'
import { incidents } from '../../../agent/core/cascade.ts'
import { lostOnlyK3s, notForwarded } from '../../../collectors/firewall/proofs.ts'
import { finding } from '../../agent/findings.ts'

const start = Date.parse('2026-11-29T20:56:29Z')
const second = 1000
const killed = finding({
  code: 'k3s.killed',
  subject: 'k3s',
  severity: 'info',
  since: start,
  title: 'k3s killed',
})
/** Seen well half a minute before, as the journal's polls are. */
const changed = (after: number, lost?: string) =>
  finding({
    ...{ code: 'firewall.changed', subject: 'rules', severity: 'info', since: start + after },
    onset: { from: start + after - 30 * second, to: start + after },
    ...(lost && { evidence: { lost } }),
  })
const whyOf = (after: number, lost?: string) =>
  incidents([killed, changed(after, lost)], allRules(), start + 3600 * second).find(({ cause, affected }) =>
    [cause, ...affected].some((it) => it.code === 'firewall.changed'),
  )

t.test('rules of k3s that go with a killall went by it', async (t) => {
  t.equal(lostOnlyK3s(killed, changed(0, 'kube-proxy 65 → 0')), true)
  t.match(whyOf(2 * second, 'kube-proxy 65 → 0'), { cause: { code: 'k3s.killed' } })
})

t.test('but not those of others, nor well before or after it', async (t) => {
  t.equal(lostOnlyK3s(killed, changed(0)), false)
  for (const [about, after, lost] of [
    ['rules of others', 2, undefined],
    ['before', -20, 'kube-proxy 65 → 0'],
    ['long after', 120, 'kube-proxy 65 → 0'],
  ] as const)
    t.match(
      whyOf(after * second, lost),
      { cause: { code: 'firewall.changed' }, why: { certainty: 'unknown' } },
      about,
    )
})

t.test('pods are cut off for want of rules only by a policy, and from each other', async (t) => {
  const blocks = (evidence: Record<string, string>) => finding({ code: 'firewall.blocks-k3s', evidence })
  const is = (blocked: string, by: string) => notForwarded(killed, blocks({ blocked, by }))
  t.ok(is('pods-in 53', 'policy'))
  t.ok(is('overlay 8472, pods-local 53', 'docker'))
  t.notOk(is('pods-in 53', 'rule'))
  t.notOk(is('overlay 8472', 'policy'))
  t.notOk(notForwarded(killed, blocks({})))
})
