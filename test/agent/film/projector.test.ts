import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { allRules } from '../../../agent/cli/commands/explain.ts'
import { defaults } from '../../../agent/config/defaults.ts'
import { sampleVersionOf } from '../../../agent/core/round.ts'
import { projector } from '../../../agent/film/projector.ts'
import { readFilm } from '../../../agent/film/read-film.ts'
import type { Notice } from '../../../agent/model/index.ts'
import { collectors } from '../../../collectors/index.ts'
import { type Act, headOf, lines, shot } from './shooting.ts'

const minute = 60_000
const about = { collectors, rules: allRules(), defaults, versionOf: sampleVersionOf, min: 'warning' } as const

async function shown(t: Test, film: string, more = {}) {
  const file = join(t.testdir(), 'film')
  writeFileSync(file, film)
  const it = projector(await readFilm(file), { ...about, ...more })
  const told: Notice[] = []
  for await (const { notices } of it.scenes) told.push(...notices)
  return { it, told }
}

const acts: readonly Act[] = [
  {
    at: 4.2 * minute,
    run: (node) => node.firewall.flush(),
    wakes: { firewall: '# new generation 99 by process 4711 (iptables)' },
  },
  { at: 7.5 * minute, run: (node) => node.kill(), wakes: { memory: 'Killed process ' } },
  { at: 12.1 * minute, run: (node) => node.stopK3s() },
]

t.test('a replay tells what was told, at the same times, and knows the same', async (t) => {
  const { film, told, ledger } = await shot(t, 30, acts)
  t.ok(told.filter((it) => it.kind === 'opened').length >= 3, lines(told).join('\n'))
  const { it, told: again } = await shown(t, film)
  t.strictSame(lines(again), lines(told))
  t.strictSame(it.murphy.ledger(), ledger)
  t.equal(it.ending(), 'time')
  t.strictSame(it.changed, [])
  const { told: third } = await shown(t, film)
  t.strictSame(third, again, 'every time')
})

t.test('a quiet node is small, and tells nothing', async (t) => {
  const { film, told } = await shot(t, 10)
  t.strictSame(lines(told), [])
  t.comment(`10 min of a quiet node: ${(film.length / 1024).toFixed(0)} KiB`)
  t.ok(film.length < 5 * 1024 * 1024)
  const all = film.trimEnd().split('\n')
  const rounds = all.slice(1, -1).map((it) => it.length)
  const first = rounds.slice(0, collectors.length).reduce((sum, it) => sum + it, 0)
  const rest = rounds.slice(collectors.length).reduce((sum, it) => sum + it, 0)
  t.ok(rest < first, `what is told again is only what changed: ${first}, then ${rest}`)
  t.strictSame(lines((await shown(t, film)).told), [])
})

t.test('a film stands still at any moment', async (t) => {
  const { film, told } = await shot(t, 15, acts.slice(0, 1))
  const opened = told.find((it) => it.kind === 'opened')
  const at = opened?.at ?? 0
  const before = await shown(t, film, { until: at - 1 })
  t.strictSame(lines(before.told), [])
  t.equal(before.it.now(), at - 1)
  const then = await shown(t, film, { until: at })
  t.strictSame(lines(then.told), lines(told.filter((it) => it.at === at)))
  t.match(
    then.it.murphy.incidents().filter((it) => it.resolved === undefined && it.severity === 'critical'),
    [{ cause: { code: 'firewall.flushed' } }],
  )
})

t.test('the mildest severity that is told is asked for', async (t) => {
  const { film, told } = await shot(t, 15, acts.slice(0, 2))
  const critical = await shown(t, film, { min: 'critical' })
  t.ok(critical.told.length <= told.length)
  t.ok(critical.told.every((it) => 'incident' in it && it.incident.severity === 'critical'))
})

t.test(
  'a collector that is not known, or was off, is passed over; settings of another type too',
  async (t) => {
    const { film } = await shot(t, 1)
    const [first = '', ...rest] = film.split('\n')
    const head = JSON.parse(first)
    head.collectors.firewall.enabled = false
    head.collectors.memory.settings = { nonsense: true, ...head.collectors.memory.settings }
    for (const key of Object.keys(head.collectors.k3s.settings)) head.collectors.k3s.settings[key] = { a: 1 }
    head.collectors.weather = { enabled: true, version: 1, settings: {} }
    const stray = '{"round":"weather","at":1795478400000,"took":0,"heard":[],"answers":[]}'
    const { it } = await shown(t, [JSON.stringify(head), stray, ...rest].join('\n'))
    t.strictSame(
      it.murphy.lookers().map(({ collector }) => collector.name),
      collectors.map(({ name }) => name).filter((name) => name !== 'firewall'),
    )
    const k3s = it.murphy.lookers().find(({ collector }) => collector.name === 'k3s')
    t.strictSame(k3s?.settings, defaults(k3s?.collector.settings ?? {}))
  },
)

t.test('a clock that jumps again and again ends too', { timeout: 60_000 }, async (t) => {
  const { film } = await shot(t, 15, acts.slice(0, 1))
  const [first = '', ...rest] = film.trimEnd().split('\n')
  const stray = (years: number) =>
    JSON.stringify({ round: 'firewall', at: 2e12 + years * 3e10, took: 0, heard: [], answers: [] })
  const again = [
    first.replace(/"remind":\d+/, '"remind":60000'),
    ...rest.slice(0, -1),
    ...[1, 2, 3].map(stray),
  ]
  const begun = performance.now()
  const { told, it } = await shown(t, again.map((one) => `${one}\n`).join(''))
  t.comment(`${told.length} messages in ${Math.round(performance.now() - begun)} ms`)
  t.ok(told.length > 1_000 && told.length < 15_000, `${told.length}`)
  t.equal(it.now(), 2e12 + 9e10)
})

t.test(
  'another version of a sample is said, and a clock that jumps by decades ends',
  { timeout: 20_000 },
  async (t) => {
    const head = headOf(1_000, { remind: minute })
    const collectorsOf = { ...head.collectors, k3s: { ...head.collectors.k3s, version: 99 } }
    const film = [
      { ...head, collectors: collectorsOf },
      { end: 'time', at: 8e15 },
    ]
    const { it } = await shown(t, film.map((one) => `${JSON.stringify(one)}\n`).join(''))
    t.strictSame(it.changed, ['k3s'])
    t.equal(it.now(), 8e15)
  },
)
