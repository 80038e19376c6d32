import t from 'tap'
import { assess as judge } from '../../../collectors/memory/assess.ts'
import type { Victim } from '../../../collectors/memory/history/victims.ts'
import type { MemorySample } from '../../../collectors/memory/sample.ts'

const now = Date.parse('2026-11-23T03:40:30Z')
const minute = 60_000

const victim = (more: Partial<Victim> = {}): Victim => ({
  subject: 'default/oomer/eater',
  pod: { namespace: 'default', name: 'oomer', container: 'eater' },
  kills: 3,
  first: now - 28 * minute,
  last: now,
  until: now + 60 * minute,
  comm: 'tail',
  pid: 7,
  rss: 23808 * 1024,
  limit: 24 * 2 ** 20,
  limitOf: 'the pod',
  ...more,
})
const sample = (victims: readonly Victim[], more: Partial<MemorySample> = {}): MemorySample => ({
  cursor: 1,
  victims,
  recent: [],
  pods: [],
  ...more,
})

const hour = 60 * minute
const assess = (it: MemorySample, at: number) => judge(it, hour, { near: 95, available: 5, pressure: 10 }, at)

t.test('a pod over its limit', async (t) => {
  const [it, ...more] = assess(sample([victim()]), now)
  t.same(more, [])
  t.match(it, {
    code: 'memory.oom-killed',
    subject: 'default/oomer/eater',
    text: '3 kills since 03:12, last 03:40 UTC, limit 24 MiB (of the pod); last: tail (pid 7) with 23.3 MiB.',
    severity: undefined,
    at: now - 28 * minute,
    pod: { namespace: 'default', name: 'oomer', container: 'eater' },
  })
  t.match(it?.fix?.[0], '`kubectl -n default describe pod oomer`')
})

t.test('one kill, a group of processes, and names only', async (t) => {
  const text = (more: Partial<Victim>) => assess(sample([victim(more)]), now)[0]?.text
  t.equal(
    text({ kills: 1, first: now, processes: 4 }),
    '1 kill at 03:40 UTC, limit 24 MiB (of the pod); tail (pid 7) with 23.3 MiB; 4 processes in all.',
  )
  t.match(text({ inferred: 2 }), /; 2 identified by process name only/)
  t.match(text({ inferred: 3 }), /; all identified by process name only/)
})

t.test('a database, and what keeps the node, are critical', async (t) => {
  const [database] = assess(sample([victim({ rank: 'database', comm: 'postgres' })]), now)
  t.match(database, {
    severity: 'critical',
    impact: /^postgres is a database and must recover/,
    avoid: [/volume/],
  })
  t.match(database?.fix?.[0], '`kubectl -n default logs oomer -c eater --tail=100`')
  const { pod: _, ...process } = victim({ rank: 'node', comm: 'k3s-server', subject: 'process k3s-server' })
  const [node] = assess(sample([process]), now)
  t.match(node, { severity: 'critical', avoid: [/killall/] })
  t.match(node?.fix?.[0], 'systemctl status k3s')
})

t.test('the node itself', async (t) => {
  const held = { kills: 2, first: now - minute, last: now, until: now + minute }
  const found = assess(
    sample(
      [
        victim({ byNode: 3 }),
        victim({ subject: 'process java in /a', comm: 'java', byNode: 1, last: now - 1 }),
        victim({ subject: 'b/c' }),
      ].map((it, at) => {
        const { pod, ...bare } = it
        return at === 1 ? bare : it
      }),
      { node: held },
    ),
    now,
  )
  t.same(
    found.map((it) => [it.code, it.subject]),
    [
      ['memory.oom-system', 'node'],
      ['memory.oom-killed', 'default/oomer/eater'],
      ['memory.oom-killed', 'process java in /a'],
      ['memory.oom-killed', 'b/c'],
    ],
  )
  t.equal(
    found[0]?.text,
    '2 kills since 03:39, last 03:40 UTC, as the node had no memory left: tail (default/oomer/eater), java in /a.',
  )
  t.match(found[1]?.text, 'as the node had no memory left;')
  t.same(assess(sample([], { node: { ...held, until: now - 1 } }), now), [])
})

t.test('nothing after its time', async (t) => {
  t.same(assess(sample([victim({ until: now - 1 })]), now), [])
  t.same(assess(sample([]), now), [])
})
