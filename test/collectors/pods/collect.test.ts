import { renameSync, utimesSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { defaults } from '../../../agent/config/defaults.ts'
import { type Ledger, step } from '../../../agent/core/ledger.ts'
import { round } from '../../../agent/core/round.ts'
import type { Collector, Past, Sample } from '../../../agent/model/index.ts'
import { collect } from '../../../collectors/pods/collect.ts'
import { pods } from '../../../collectors/pods/index.ts'
import { patterns } from '../../../collectors/pods/patterns.ts'
import type { PodsSample } from '../../../collectors/pods/sample.ts'
import { matcher } from '../../../collectors/pods/scan.ts'
import { chance } from '../../chance.ts'
import { podNode } from './node.ts'

const minute = 60_000
const settings = defaults(pods.settings)
const panic = '2026-11-23 03:00:00.000 UTC [1] PANIC:  could not locate a valid checkpoint record'
const full = 'write /data/x: no space left on device'
const uid = (at: number) => `${at}`.padStart(32, '0')

/** A node whose pods are looked at by real rounds, and the ledger of it. */
function judged(
  t: Parameters<typeof podNode>[0],
  own: Partial<typeof settings> = {},
  bounds: { mostContainers?: number; mostBytes?: number } = {},
  begin?: number,
) {
  const node = podNode(t, begin)
  const all = { ...settings, ...own }
  const plan = {
    ...{ matcher: matcher(patterns), hold: 60 * minute, window: 30 * minute, restarts: 3 },
    ...bounds,
  }
  const bounded = { ...pods, collect: (host, _settings, past) => collect(host, plan, past) } as typeof pods
  const its = (bounds.mostContainers || bounds.mostBytes ? bounded : pods) as unknown as Collector
  let sample: Sample | undefined
  let ledger: Ledger = []
  const look = async () => {
    const past: Past<Sample> = { heard: [], ...(sample && { sample }) }
    const outcome = await round(its, all, node.host, past)
    if (outcome.error) throw outcome.error
    sample = JSON.parse(JSON.stringify(outcome.sample)) as Sample
    ledger = step(ledger, outcome, node.host.now())
    return outcome
  }
  const open = (code = 'pods.log-says') =>
    ledger.filter((it) => it.code === code && it.resolved === undefined).map((it) => it.subject)
  return {
    ...node,
    look,
    open,
    over: () => ledger.filter((it) => it.resolved !== undefined).map((it) => it.subject),
    sample: () => sample as PodsSample,
  }
}

for (const count of [8, 9, 16, 40, 200, 500])
  t.test(`${count} containers each print one critical line between two looks`, async (t) => {
    const { container, look, open, pass, sample } = judged(t)
    const all = Array.from({ length: count }, (_, at) => container(`web-${at}`, 'app', uid(at)))
    for (const it of all) it.start(0)
    await look()
    pass(minute)
    for (const it of all) it.write(0, full)
    await look()
    t.equal(open().length, count)
    t.equal(sample().unseen, undefined)
    t.equal(sample().left, undefined)
  })

t.test(
  'more than a look may read: every pod has its share, and the rest comes in the next looks',
  async (t) => {
    const { container, look, open, over, pass, sample } = judged(t, {}, { mostBytes: 100_000 })
    const loud = container('loud', 'app', uid(0))
    const quiet = Array.from({ length: 9 }, (_, at) => container(`web-${at}`, 'app', uid(at + 1)))
    for (const it of [loud, ...quiet]) it.start(0)
    await look()
    pass(minute)
    loud.write(0, panic)
    await look()
    const wal = 'shop/loud/app postgres-wal'
    t.strictSame(open(), [wal])
    pass(minute)
    loud.write(0, ...Array.from({ length: 5000 }, (_, at) => `a line of no weight, number ${at}`), full)
    for (const it of quiet) it.write(0, full)
    await look()
    t.equal(open().length, 10, 'all the others at once')
    t.match(sample().unseen, [
      {
        what: 'the log of shop/loud/app',
        why: /left for the next round, of shop\/loud\/app/,
        codes: ['pods.log-says'],
      },
    ])
    t.ok(Number(sample().left) > 200_000)
    pass(61 * minute)
    await look()
    t.ok(open().includes(wal), 'nobody knows yet what it said since')
    t.ok(over().every((it) => it.startsWith('shop/web-')))
    for (let looks = 0; looks < 8 && sample().left; looks += 1) await look()
    t.equal(sample().left, undefined)
    t.equal(sample().unseen, undefined)
    loud.write(0, full)
    await look()
    t.strictSame(open(), ['shop/loud/app disk-full'])
  },
)

t.test('more containers than are followed: all in turn, and those whose turn is later by name', async (t) => {
  const { container, look, open, over, pass, sample } = judged(t, {}, { mostContainers: 10 })
  const first = [
    container('coredns', 'coredns', uid(100), 'kube-system'),
    container('postgres-0', 'postgres', uid(101), 'prod'),
  ]
  const all = [...first, ...Array.from({ length: 30 }, (_, at) => container(`web-${at}`, 'app', uid(at)))]
  for (const it of all) it.start(0)
  await look()
  t.match(sample().unseen, [
    {
      what: 'the logs of 22 containers',
      why: /of 32 containers one round reads 10; later, in turn, .*shop\/web-\d+\/app/,
    },
  ])
  pass(minute)
  for (const it of all) it.write(0, full)
  await look()
  t.ok(open().includes('kube-system/coredns/coredns disk-full'))
  t.ok(open().includes('prod/postgres-0/postgres disk-full'))
  for (let looks = 0; looks < 5; looks += 1) {
    pass(minute)
    await look()
  }
  t.equal(open().length, 32, 'nothing is skipped')
  t.strictSame(over(), [])
  t.strictSame(open('pods.crash-looping'), [])
})

t.test('a container that never gets to run has no link of the kubelet, and loops all the same', async (t) => {
  const { container, look, open, pass } = judged(t, {}, {}, Date.now() + minute)
  container('web', 'app', uid(0)).start(0)
  for (let looks = 0; looks < 3; looks += 1) await look()
  const bad = container('bad', 'app', uid(1))
  for (let tries = 0; tries < 5; tries += 1) {
    bad.raw(tries, '')
    await sleep(12)
    pass(minute)
    await look()
  }
  t.strictSame(open('pods.crash-looping'), ['shop/bad/app'])
})

t.test('after another boot no time is trusted', async (t) => {
  const { container, look, open, pass, there, host } = judged(t, {}, {}, Date.now() + minute)
  let boot = 'one'
  const { text } = host
  host.text = async (path, options) => (path.endsWith('/boot_id') ? boot : await text(path, options))
  const it = container('web', 'app', uid(0))
  it.start(0)
  const time = Date.now() / 1000 - 3600
  const aged = () => utimesSync(there(it.path), time, time)
  for (let looks = 0; looks < 4; looks += 1) {
    aged()
    pass(minute)
    await look()
  }
  boot = 'two'
  it.start(1)
  it.write(1, full)
  aged()
  await look()
  t.strictSame(open(), ['shop/web/app disk-full'])
})

t.test('a container may be called like what every object has', async (t) => {
  const { container, look, open, pass } = judged(t, {}, {}, Date.now() + minute)
  container('web', 'app', uid(0)).start(0)
  await look()
  const it = container('web', 'constructor', uid(0))
  it.start(0)
  for (let looks = 0; looks < 3; looks += 1) {
    pass(minute)
    await look()
  }
  it.write(0, full)
  await look()
  t.strictSame(open(), ['shop/web/constructor disk-full'])
})

t.test('a container whose turn comes after a restart is read where it was left', async (t) => {
  const { container, look, open, pass } = judged(t, {}, { mostContainers: 4 })
  const all = Array.from({ length: 12 }, (_, at) => container(`web-${at}`, 'app', uid(at)))
  for (const it of all) it.start(0)
  for (let looks = 0; looks < 4; looks += 1) await look()
  pass(minute)
  for (const it of all) {
    it.write(0, full)
    it.start(1)
  }
  for (let looks = 0; looks < 6; looks += 1) await look()
  t.equal(open().length, 12)
  pass(minute)
  for (const it of all) {
    it.start(2)
    it.write(2, panic)
  }
  for (let looks = 0; looks < 6; looks += 1) await look()
  t.equal(open().length, 24, 'nothing was added to the log that it left')
})

/** Starts, ends and lines of containers at random, all of which a collector that lists everything anew sees. */
for (const seed of [1, 2, 3, 4, 5, 6])
  t.test(`what is not listed again hides nothing, seed ${seed}`, async (t) => {
    const random = chance(seed)
    const upTo = (count: number) => Math.floor(random() * count)
    const { container, look, open, pass, there } = judged(t, {}, { mostContainers: 4 }, Date.now() + minute)
    const all = Array.from({ length: 4 + upTo(9) }, (_, at) => container(`web-${at}`, 'app', uid(at)))
    const starts = all.map((it) => {
      it.start(0)
      return 0
    })
    const said = new Set<number>()
    for (let looks = 0; looks < 40; looks += 1) {
      const at = upTo(all.length)
      const it = all[at] as (typeof all)[number]
      const what = upTo(5)
      if (what === 0) {
        starts[at] = (starts[at] ?? 0) + 1
        // A start that fails leaves a log, but no link.
        if (random() < 0.5) it.start(starts[at] ?? 0)
        else it.raw(starts[at] ?? 0, '')
      }
      if (what === 1) it.setAside(starts[at] ?? 0, `20261123-${100_000 + looks}`)
      if (what === 2) {
        it.write(starts[at] ?? 0, full)
        said.add(at)
      }
      // A run that finds what was just renamed gone.
      if (what === 3) renameSync(there(it.path), there(`${it.path}.gone`))
      // Its clock runs ahead of the one by which files are changed, which ticks each 4 ms (10 at most).
      await sleep(12)
      pass(minute)
      await look()
      if (what === 3) renameSync(there(`${it.path}.gone`), there(it.path))
    }
    for (let looks = 0; looks < all.length; looks += 1) await look()
    t.strictSame(new Set(open()), new Set([...said].map((at) => `shop/web-${at}/app disk-full`)))
  })

t.test("no pod's lines resolve another pod's finding", async (t) => {
  const own = Array.from({ length: 50 }, (_, at) => `critical own-${at}: trouble number ${at}!`)
  const { container, look, open, over, pass, sample } = judged(t, { patterns: own })
  const db = container('postgres-0', 'postgres', uid(0), 'prod')
  const loud = Array.from({ length: 40 }, (_, at) => container(`a-${at}`, 'app', uid(at + 1)))
  for (const it of [db, ...loud]) it.start(0)
  await look()
  pass(minute)
  db.write(0, panic)
  await look()
  const wal = 'prod/postgres-0/postgres postgres-wal'
  t.strictSame(open(), [wal])
  const trouble = (count: number) => Array.from({ length: count }, (_, at) => `trouble number ${at}!`)
  pass(minute)
  for (const it of loud.slice(0, 10)) it.write(0, ...trouble(8))
  await look()
  t.equal(open().length, 81, 'ten containers of eight patterns each')
  t.equal(sample().unseen, undefined)
  pass(minute)
  for (const it of loud) it.write(0, ...trouble(50))
  await look()
  t.ok(sample().said.some((it) => it.pattern === 'postgres-wal'))
  t.strictSame(over(), [])
  t.match(sample().unseen, [{ why: /more is wrong at the same time than one round keeps.*shop\/a-/ }])
  t.strictSame(open('pods.blind'), ['pods'], 'and that is said')
  pass(30 * minute)
  await look()
  t.strictSame(over(), [], 'what fell out is not judged, and so not over')
  pass(31 * minute)
  await look()
  t.strictSame(open(), [], 'as long ago as what stayed')
})

t.test('a pod of many containers takes nothing from others; what is over is over', async (t) => {
  const own = Array.from({ length: 50 }, (_, at) => `critical own-${at}: trouble number ${at}!`)
  const { container, look, open, over, pass } = judged(t, { patterns: own })
  const db = container('postgres-0', 'postgres', uid(0), 'prod')
  const loud = Array.from({ length: 30 }, (_, at) => container('loud', `c-${at}`, uid(1)))
  for (const it of [db, ...loud]) it.start(0)
  await look()
  db.write(0, panic, '2026-11-23 03:00:00.000 UTC [9] FATAL:  sorry, too many clients already')
  for (const it of loud) it.write(0, ...Array.from({ length: 50 }, (_, at) => `trouble number ${at}!`))
  await look()
  t.strictSame(
    open().filter((it) => it.startsWith('prod/')),
    ['prod/postgres-0/postgres postgres-wal', 'prod/postgres-0/postgres postgres-connections'],
  )
  pass(minute)
  db.write(0, '2026-11-23 03:00:00.000 UTC [1] LOG:  database system is ready to accept connections')
  await look()
  t.strictSame(over(), ['prod/postgres-0/postgres postgres-wal'])
})

t.test('41 restarting containers do not resolve coredns', async (t) => {
  const { container, look, open, over, pass } = judged(t)
  const dns = container('coredns', 'coredns', uid(0), 'kube-system')
  const others = Array.from({ length: 60 }, (_, at) => container(`a-${at}`, 'app', uid(at + 1)))
  for (const it of [dns, ...others]) it.start(0)
  await look()
  for (let restarts = 1; restarts <= 3; restarts += 1) {
    pass(minute)
    dns.start(restarts)
    await look()
  }
  t.strictSame(open('pods.crash-looping'), ['kube-system/coredns/coredns'])
  for (let restarts = 1; restarts <= 5; restarts += 1) {
    pass(minute)
    for (const it of others) it.start(restarts)
    await look()
  }
  t.equal(open('pods.crash-looping').length, 61)
  t.strictSame(over(), [])
})

t.test('a boot starts what was there anew, and nothing that came after it', async (t) => {
  const node = podNode(t)
  const plan = { matcher: matcher(patterns), hold: 60 * minute, window: 30 * minute, restarts: 3 }
  let boot = 'one'
  const host: typeof node.host = {
    ...node.host,
    text: (path, options) =>
      path === '/proc/sys/kernel/random/boot_id' ? Promise.resolve(boot) : node.host.text(path, options),
  }
  let sample: PodsSample | undefined
  const byBoot = async () => {
    sample = await collect(host, plan, { heard: [], ...(sample && { sample }) })
    node.pass(minute)
    return sample.restarting.map((it) => [it.pod.name, it.times.length, it.times.indexOf(it.byBoot ?? 0)])
  }
  const [old, later] = [node.container('old-0', 'app', uid(1)), node.container('later-0', 'app', uid(2))]
  old.start(0)
  await byBoot()
  boot = 'two'
  await byBoot()
  old.start(1)
  later.start(0)
  t.strictSame(await byBoot(), [['old-0', 1, 0]])
  old.start(2)
  later.start(1)
  t.same(
    new Set(await byBoot()),
    new Set([
      ['old-0', 2, 0],
      ['later-0', 1, -1],
    ]),
  )
})
