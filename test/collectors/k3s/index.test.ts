import { join } from 'node:path'
import t from 'tap'
import { allRules } from '../../../agent/cli/commands/explain.ts'
import { incidents } from '../../../agent/core/cascade.ts'
import { type Ledger, step } from '../../../agent/core/ledger.ts'
import { plan, recordSent } from '../../../agent/core/plan.ts'
import { recordedNode } from '../../../agent/host/replay.ts'
import type { Incident, Observation } from '../../../agent/model/index.ts'
import { cni } from '../../../collectors/cni/index.ts'
import { held, whatHappened } from '../../../collectors/k3s/happened.ts'
import { k3s } from '../../../collectors/k3s/index.ts'
import type { K3sSample } from '../../../collectors/k3s/sample.ts'
import { memory } from '../../../collectors/memory/index.ts'
import { limits, minute, noon, server, startedAt, stopped } from './samples.ts'

const rules = allRules()

/** What a sink of its own defaults would be told, look by look, of k3s and of whatever else is said to be wrong. */
function story() {
  let ledger: Ledger = []
  let sample: K3sSample | undefined
  let looked: number | undefined
  const told: string[] = []
  let book: Parameters<typeof plan>[1] = []
  return {
    told,
    look(seen: K3sSample, at: number, others: readonly Observation[] = []): readonly Incident[] {
      const happened = whatHappened(sample, seen, looked, at)
      sample = happened.length > 0 ? { ...seen, happened } : seen
      looked = at
      ledger = step(
        ledger,
        { rules: k3s.rules, observations: k3s.assess(sample, { heard: [] }, limits, at) },
        at,
      )
      ledger = step(ledger, { rules: cni.rules, observations: others }, at)
      const all = incidents(ledger, rules, at)
      for (const it of plan(all, book, { min: 'warning', remind: 0, since: 0 }, 'node1', at)) {
        if (!('incident' in it)) continue
        told.push(`${it.kind} ${it.incident.severity} ${it.incident.cause.code}`)
        const next = recordSent(book, it, undefined, at)
        book = [...book.filter((one) => next.every((its) => its.incident !== one.incident)), ...next]
      }
      return all
    },
  }
}

const missing = { code: 'cni.bridge-missing', subject: 'cni0', text: 'The bridge cni0 is gone.' }

t.test('recorded nodes: calm, and what they do not say is named', async (t) => {
  for (const name of ['healthy', 'no-k3s', 'two-nodes-healthy-node2']) {
    const host = recordedNode(join(import.meta.dirname, '../../nodes', name))
    const sample = await k3s.collect(host, limits, { heard: [] })
    t.strictSame(k3s.assess(sample, { heard: [] }, limits, host.now()), [], name)
    t.ok(
      (sample.unseen ?? []).every((it) => it.unrecorded),
      name,
    )
    t.strictSame(k3s.series?.(sample), {}, name)
    t.equal(k3s.watch?.(limits, sample).length, name === 'no-k3s' ? 0 : 2, name)
  }
})

t.test('a disk that fills is a deadline with how far to trust it', (t) => {
  const disks = [{ path: '/var/lib/rancher/k3s', also: [], size: 40 * 2 ** 30, used: 80, evicts: 95 }]
  const hourly = (rate: (hour: number) => number) => (name: string) =>
    name === 'disk./var/lib/rancher/k3s'
      ? Array.from({ length: 25 }, (_, hour) => ({ at: noon - (24 - hour) * 60 * minute, value: rate(hour) }))
      : []
  const steady = hourly((hour) => 56 + hour)
  const [it, ...more] = k3s.deadlines?.(server({ disks }), limits, noon, steady) ?? []
  t.strictSame(more, [])
  t.strictSame(it, {
    what: 'disk of /var/lib/rancher/k3s',
    at: noon + 15 * 60 * minute,
    confidence: 'likely',
  })
  t.strictSame(
    k3s.deadlines?.(
      server({ disks }),
      limits,
      noon,
      hourly(() => 80),
    ),
    [],
    'one that stands still',
  )
  t.strictSame(k3s.deadlines?.(server({ disks }), limits, noon), [], 'without a course')
  t.end()
})

t.test('a restart, an upgrade, a reboot that go well: nobody is told', async (t) => {
  const it = story()
  it.look(server(), noon)
  it.look(startedAt(noon + minute), noon + 2 * minute)
  it.look(startedAt(noon + 20 * minute, { version: 'v1.33.2+k3s1' }), noon + 21 * minute)
  const boot = {
    ...startedAt(noon + 61 * minute),
    boot: 'b',
    booted: noon + 60 * minute,
    rotated: noon + 61 * minute,
  }
  it.look(boot, noon + 62 * minute)
  for (let at = 63; at < 90; at += 1) it.look(boot, noon + at * minute)
  t.strictSame(it.told, [])
})

t.test(
  'stopped by hand for a drain or an upgrade, and started within its time: nobody is told',
  async (t) => {
    const it = story()
    const unit = { active: 'inactive', sub: 'dead', restarts: 0, result: 'success', status: 0, enabled: true }
    it.look(server(), noon)
    for (let at = 1; at < 15; at += 1)
      it.look(stopped(noon + minute, { unit, tasks: { count: 0, some: [] } }), noon + at * minute)
    it.look(startedAt(noon + 15 * minute), noon + 16 * minute)
    t.strictSame(it.told, [])
  },
)

t.test(
  'a killall after which the bridge stays away: one incident that says so, as long as it lasts',
  async (t) => {
    const it = story()
    const gone = { tasks: { count: 0, some: [] }, links: {} }
    const begun = noon + minute
    it.look(server(), noon)
    const [open, ...more] = it.look(startedAt(begun, gone), noon + 2 * minute, [missing])
    t.strictSame(
      more.map((one) => one.cause.code),
      ['k3s.restarted'],
      'the start after it is an event of its own',
    )
    t.match(open, { severity: 'critical', cause: { code: 'k3s.killed' } })
    t.match(open?.affected, [{ code: 'cni.bridge-missing' }])
    t.match(open?.fix[0], /kubectl get pods/, 'what repairs it comes before what explains it')
    for (let at = 3; at < 300; at += 1) it.look(startedAt(begun, gone), noon + at * minute, [missing])
    const edited = 'grew critical k3s.killed'
    t.strictSame(
      it.told,
      ['opened critical k3s.killed', edited],
      'one message, edited as the killall is history',
    )
    it.look(startedAt(begun, gone), noon + 300 * minute)
    t.strictSame(it.told.slice(2), ['resolved critical k3s.killed'])
  },
)

t.test('a mere restart takes no bridge away: its cause is unknown', async (t) => {
  const it = story()
  it.look(server(), noon)
  const all = it.look(startedAt(noon + minute), noon + 2 * minute, [missing])
  t.match(all.find((one) => one.cause.code === 'cni.bridge-missing')?.why, { certainty: 'unknown' })
})

t.test('what goes missing long after a restart has another cause', async (t) => {
  const it = story()
  it.look(server(), noon)
  for (let at = 1; at < 12; at += 1) it.look(startedAt(noon + 1), noon + at * minute)
  it.look(startedAt(noon + 1), noon + 2 * held + 2 * minute, [missing])
  t.strictSame(it.told, [], 'not at the first look, which may have seen it in passing')
  const all = it.look(startedAt(noon + 1), noon + 2 * held + 3 * minute, [missing])
  t.match(all.find((one) => one.cause.code === 'cni.bridge-missing')?.affected, [])
  t.strictSame(it.told, ['opened critical cni.bridge-missing'])
})

t.test(
  'killall: known as that; that nobody started k3s again is told within a quarter of an hour',
  async (t) => {
    const it = story()
    const gone = { tasks: { count: 0, some: [] }, links: {} }
    const unit = { active: 'inactive', sub: 'dead', restarts: 0, result: 'success', status: 0, enabled: true }
    it.look(server(), noon)
    const dead = stopped(noon + minute, { ...gone, unit })
    t.match(it.look(dead, noon + minute), [{ severity: 'info', cause: { code: 'k3s.killed' } }])
    for (let at = 2; at < 17; at += 1) it.look(dead, noon + at * minute)
    t.match(it.look(dead, noon + 17 * minute), [
      { cause: { code: 'k3s.killed' }, affected: [{ code: 'k3s.down', severity: 'warning' }] },
    ])
    t.strictSame(it.told, ['opened warning k3s.killed'])
  },
)

t.test('an end of memory or of the disk explains the rest', async (t) => {
  const it = story()
  const answers = { api: { well: false, since: noon + minute, said: 'answers 500', status: 500 } }
  const disks = [{ path: '/var/lib/rancher/k3s', also: [], size: 2 ** 30, used: 100 }]
  it.look(server({ disks }), noon)
  for (let at = 1; at < 5; at += 1) it.look(server({ disks, answers }), noon + at * minute)
  t.match(it.look(server({ disks, answers }), noon + 5 * minute), [
    { cause: { code: 'k3s.disk-filling' }, affected: [{ code: 'k3s.api-unhealthy' }] },
  ])
  t.strictSame(it.told, ['opened critical k3s.disk-filling'])
})

t.test('the kernel killing k3s itself is told, and as the cause of its crash', async (t) => {
  const unit = { ...(server().unit as NonNullable<K3sSample['unit']>), restarts: 1 }
  const after = (process: string, ended: NonNullable<K3sSample['ended']>) => {
    const begun = noon - minute
    const happened = whatHappened(server(), startedAt(noon, { unit, ended }), begun, noon + 1_000)
    const sample = startedAt(noon, { unit, happened })
    const [well, killed] = [
      [begun, []],
      [
        noon + 1_000,
        [
          {
            code: 'memory.oom-killed',
            subject: 'host/k3s.service',
            text: 'Killed.',
            at: ended.at,
            evidence: { process },
          },
        ],
      ],
    ] as const
    let ledger: Ledger = []
    for (const [at, observations] of [well, killed])
      ledger = step(ledger, { rules: memory.rules, observations }, at)
    const observations = k3s.assess(sample, { heard: [] }, limits, noon + 1_000)
    ledger = step(ledger, { rules: k3s.rules, observations: [] }, begun)
    ledger = step(ledger, { rules: k3s.rules, observations }, noon + 1_000)
    return incidents(ledger, rules, noon + 1_000)
  }
  const at = noon - 5_000
  t.match(after('k3s-server', { at, signal: 9, result: 'signal' }), [
    { cause: { code: 'memory.oom-killed' }, affected: [{ code: 'k3s.crashed', text: /\(signal 9\)/ }] },
  ])
  const apart = (all: readonly Incident[]) => all.map((it) => it.affected.length)
  t.strictSame(apart(after('k3s-server', { at, exit: 2, reason: 'panic: x' })), [0, 0], 'a panic is no kill')
  t.strictSame(apart(after('postgres', { at, signal: 9 })), [0, 0], 'somebody else was killed')
})
