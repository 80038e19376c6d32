import t from 'tap'
import {
  addBouts as bouts,
  type Repeats,
  repeatsUntil,
  stormOf,
} from '../../../../collectors/memory/history/bouts.ts'
import type { Named } from '../../../../collectors/memory/history/victims.ts'

const now = Date.parse('2026-11-23T03:40:00Z')
const kill = (at: number, name = 'web'): Named => ({
  sequence: 1,
  uptime: 1,
  pid: 1,
  comm: 'x',
  scope: 'cgroup',
  processes: 1,
  at,
  podUid: 'u',
  pod: { namespace: 'shop', name },
})
const addBouts = (...given: Parameters<typeof bouts>): Repeats => bouts(...given).repeats
const many = (count: number, apart: number, from = now) =>
  Array.from({ length: count }, (_, at) => kill(from + at * apart))

t.test('twenty kills within a minute are a storm', async (t) => {
  t.equal(stormOf(undefined, [], now), undefined)
  t.equal(stormOf(undefined, many(19, 1000), now)?.kills, undefined)
  t.equal(stormOf(undefined, many(40, 4000), now)?.kills, undefined, 'fifteen a minute')
  t.match(stormOf(undefined, many(500, 13), now + 10_000), {
    kills: 500,
    first: now,
    last: now + 499 * 13,
    until: now + 499 * 13 + 10 * 60_000,
  })
})

t.test('it is added up over rounds, and ends', async (t) => {
  const one = stormOf(undefined, many(15, 1000), now + 15_000)
  const two = stormOf(one, many(15, 1000, now + 15_000), now + 30_000)
  t.match(two, { kills: 30, first: now })
  t.equal(stormOf(two, [], now + 5 * 60_000)?.kills, 30)
  t.equal(stormOf(two, [], now + 11 * 60_000), undefined)
  t.ok(JSON.stringify(stormOf(undefined, many(9000, 13), now + 120_000)).length < 1500)
})

t.test('a storm has its own kills only, by whom they hit', async (t) => {
  const before = [kill(now - 90_000, 'old'), kill(now - 30_000, 'first')]
  const burst = [
    ...many(30, 1000),
    ...many(5, 1000, now + 30_000).map((it) => ({ ...it, ...kill(it.at, 'api') })),
  ]
  const storm = stormOf(stormOf(undefined, before, now), burst, now + 35_000)
  t.match(storm, { kills: 30, first: now, last: now + 29_000 })
  t.strictSame(
    storm?.hits,
    { 'shop/web': 30 },
    'not who was killed at its own limit before, meanwhile, after',
  )
  const after = stormOf(storm, [kill(now + 50_000, 'oomer')], now + 51_000)
  t.match(after, { kills: 30, last: now + 29_000 }, 'another pod at its own limit, 16 s later')
  t.strictSame(after?.hits, storm?.hits)
  t.match(stormOf(after, [kill(now + 5 * 60_000, 'oomer')], now + 5 * 60_000), { kills: 30 })
  const more = stormOf(after, many(25, 1000, now + 4 * 60_000), now + 5 * 60_000)
  t.match(more, { kills: 55, first: now }, 'again within ten minutes it is the same bout')
  const next = stormOf(after, many(25, 1000, now + 12 * 60_000), now + 12 * 60_000 + 25_000)
  t.match(next, { kills: 25, first: now + 12 * 60_000, hits: { 'shop/web': 25 } }, 'and later another')
  const late = [...many(25, 1000), ...many(25, 1000, now + 12 * 60_000)]
  t.match(
    stormOf(undefined, late, now + 13 * 60_000),
    { kills: 25, first: now + 12 * 60_000 },
    'also if read at once',
  )
  const crowd = Array.from({ length: 500 }, (_, at) => kill(now + at * 10, `p${at}`))
  const { hits = {} } = stormOf(undefined, crowd, now + 5000) ?? {}
  t.equal(Object.keys(hits).length, 121)
  t.equal(hits['other processes'], 380)
})

t.test("a kill of another pod rings, however near to another one's storm", async (t) => {
  const hitsOf = (...kills: Named[]) =>
    stormOf(
      undefined,
      kills.toSorted((a, b) => a.at - b.at),
      now + 40_000,
    )?.hits
  const web = many(30, 500)
  for (const at of [-50_000, -1, 7_000, 15_500, 20_000])
    t.strictSame(hitsOf(...web, kill(now + at, 'oomer')), { 'shop/web': 30 }, `${at} ms`)
  t.strictSame(hitsOf(...web, ...many(25, 500).map((it) => kill(it.at, 'api'))), {
    'shop/web': 30,
    'shop/api': 25,
  })
  t.equal(hitsOf(...many(19, 500), kill(now + 9_700, 'oomer')), undefined, 'nor does it make one')
  const twice = (at: number) => stormOf(stormOf(undefined, web, now + 20_000), [kill(at, 'oomer')], at)
  t.strictSame(twice(now + 20_000)?.hits, { 'shop/web': 30 }, 'in the next look')
  const bare = { ...kill(now + 15_000), pod: undefined, podUid: undefined, comm: 'node' } as unknown as Named
  t.match(hitsOf(...web, bare), { 'shop/web': 30, 'process node': 1 }, 'of whom the kernel said nothing')
})

t.test('a storm of all the node takes in whoever it hits', async (t) => {
  const crowd = Array.from({ length: 24 }, (_, at) => kill(now + at * 500, `p${at % 4}`))
  const one = kill(now + 15_000, 'oomer')
  t.match(stormOf(undefined, [...crowd, one], now + 20_000), { kills: 25, hits: { 'shop/oomer': 1 } })
  const out = many(25, 500).map((it): Named => ({ ...it, scope: 'node' }))
  t.match(stormOf(undefined, [...out, one], now + 20_000), { kills: 26, hits: { 'shop/oomer': 1 } })
  t.match(stormOf(undefined, [...out, kill(now + 40_000, 'oomer')], now + 41_000), { kills: 25 }, 'not later')
})

t.test('the same one again and again', async (t) => {
  const hour = 3600_000
  const burst = addBouts({}, many(14, 100), now)
  t.strictSame(burst, { 'shop/web': [now / 1000] }, 'what goes at once is one')
  const loop = addBouts(burst, [kill(now + 20_000), kill(now + 60_000)], now + 60_000)
  t.strictSame(loop['shop/web']?.length, 3)
  t.equal(repeatsUntil(loop['shop/web'] ?? [], hour), now + 60_000 + hour)
  t.equal(repeatsUntil(burst['shop/web'] ?? [], hour), undefined)
  const slow = [0, 3, 6].map((it) => now / 1000 + it * 3600)
  t.equal(repeatsUntil(slow, hour), now + 12 * hour, 'every three hours: until the next is twice overdue')
  t.strictSame(addBouts(loop, [], now + 25 * hour), {}, 'a day later')
  const crowd = addBouts(
    {},
    Array.from({ length: 200 }, (_, at) => kill(now, `p${at}`)),
    now,
  )
  t.equal(Object.keys(crowd).length, 120)
})

t.test("no number of a user's processes ends what is true of a pod", async (t) => {
  const postgres = { namespace: 'prod', name: 'postgres-0', container: 'postgres' }
  const loop = [40, 30, 20, 10].map((it) => ({ ...kill(now - it * 60_000), pod: postgres }))
  const { pod: _, podUid: __, ...bare } = kill(now)
  const junk = (count: number, cgroup: string) =>
    Array.from({ length: count }, (_, at): Named => ({ ...bare, comm: `junk${at}`, cgroup }))
  const before = addBouts({}, loop, now)
  for (const cgroup of ['/user.slice/user-1000.slice/x', '/system.slice/cron.service']) {
    const after = addBouts(before, junk(500, cgroup), now)
    t.strictSame(after['prod/postgres-0/postgres'], before['prod/postgres-0/postgres'], cgroup)
    t.equal(Object.keys(after).length, 120)
  }
  const pods = Array.from({ length: 300 }, (_, at) =>
    loop.map((it) => ({ ...it, pod: { ...postgres, name: `a${at}` } })),
  )
  const { repeats, evicted } = bouts(before, pods.flat(), now)
  t.equal(Object.keys(repeats).length, 120)
  t.equal(Object.keys(evicted).length, 181, 'what there is no room for is said')
})
