import t from 'tap'
import { story } from '../sequences/story.ts'
import { figures, table, tally, worst } from '../sequences/tally.ts'
import { withoutCgroups } from './cgroups.ts'
import { withoutContainer } from './container.ts'
import { draw } from './sequences/draw.ts'
import { playAll } from './sequences/play-all.ts'

/**
 * Twelve sequences of faults nobody ordered, on real nodes: real rules, links, routes, certificates, kills, a real daemon
 * and what it sends. docs/sequences.md says how they are played and counted; more of them are
 * `node test/real/sequences/run.ts --count 48 --from 100`.
 */
const why = withoutContainer() ?? withoutCgroups()
const skip = why !== undefined && process.env.CI !== 'true' && why
t.setTimeout(900_000)

/** The first twelve in a row that have all that the second test asks for, and most kinds. */
const first = 37
const seeds = Array.from({ length: 12 }, (_, at) => first + at)
const nodes = 6
/** `npm test` plays half of them, to stay short; `MURPHY_SEQUENCES=12` plays all. */
const played = seeds.slice(0, Number(process.env.MURPHY_SEQUENCES ?? 6))

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
  const acts = seeds.flatMap((it) => draw(it).ordinary.map(({ kind }) => kind))
  t.ok(acts.includes('restart') && acts.includes('agent restart'))
})

t.test('sequences on real nodes', { skip }, async (t) => {
  const begun = performance.now()
  const all = await playAll(played, nodes)
  const sum = tally(all)
  const took = Math.round((performance.now() - begun) / 1000)
  const confirmed = all.flatMap((it) => it.confirmed).sort((a, b) => a - b)
  const p95 = confirmed[Math.floor(confirmed.length * 0.95)] ?? 0
  t.comment(`${took} s; a repair is confirmed within ${p95} ms (p95 of ${confirmed.length})`)
  t.comment(`\n${table(sum)}\n${worst(all)}`)
  for (const it of all)
    if (it.flaws.some(({ kind }) => wished.has(kind)))
      t.comment(`${story(it)}\n${it.unplaced.join('\n')}\n${it.log}`)
  for (const { name, value, goal, text } of figures(sum))
    t.ok(value <= goal, `${name}: ${text}, goal ${goal}`)
  t.ok(sum.faults >= 2 * played.length, `${sum.faults} faults had to be told`)
  t.ok(confirmed.length >= played.length, `${confirmed.length} repairs were confirmed`)
})

/** Of these each is shown with its story. */
const wished: ReadonlySet<string> = new Set([
  'wrong cause',
  'swallowed',
  'false alarm',
  'stale',
  'unknown cause',
])
