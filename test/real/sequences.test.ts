import t from 'tap'
import { withoutContainer } from './container.ts'
import { draw } from './sequences/draw.ts'
import { meetsTheGoals, played, seeds } from './sequences/goals.ts'

/**
 * Twelve sequences of faults nobody ordered, on real nodes: real rules, links, routes, certificates, kills, a real daemon
 * and what it sends; those with kills are in `sequences-kills`. docs/sequences.md says how they are played and counted;
 * more of them are `node test/real/sequences/run.ts --count 48 --from 100`.
 */
const why = withoutContainer()
const skip = why !== undefined && process.env.CI !== 'true' && why
t.setTimeout(900_000)

t.test('a seed is the same plan every time, and no two of its faults take the same', async (t) => {
  for (const seed of Array.from({ length: 200 }, (_, at) => at)) {
    const plan = draw(seed)
    t.strictSame(draw(seed), plan)
    const facts = plan.steps.flatMap(({ fault }) => fault.facts)
    t.equal(new Set(facts).size, facts.length, plan.steps.map(({ fault }) => fault.kind).join(', '))
    t.ok(plan.steps.length >= 2)
  }
})

t.test('the twelve have something of everything', async (t) => {
  const kinds = seeds.flatMap((it) => draw(it).steps.map(({ fault }) => fault.makes.code))
  for (const it of [
    /^firewall\.flushed/,
    /^firewall\.(lockout|ufw)/,
    /^cni\.(bridge|overlay)/,
    /^cni\.routes/,
  ])
    t.ok(
      kinds.some((code) => it.test(code)),
      `${it}`,
    )
  for (const it of [/^memory\.oom/, /^certs\.expir/, /^cni\.dns/, /^k3s\.crashed/, /^pods\./])
    t.ok(
      kinds.some((code) => it.test(code)),
      `${it}`,
    )
  const ways = seeds.flatMap((it) => draw(it).steps.map(({ fault }) => fault.kind))
  for (const it of ['flush by a script', 'flush by firewalld', 'OOM storm']) t.ok(ways.includes(it), it)
  const acts = seeds.flatMap((it) => draw(it).ordinary.map(({ kind }) => kind))
  t.ok(acts.includes('restart') && acts.includes('agent restart'))
})

t.test('sequences on real nodes', { skip }, (t) => meetsTheGoals(t, played(false)))
