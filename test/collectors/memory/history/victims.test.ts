import t from 'tap'
import type { Named, Victim } from '../../../../collectors/memory/history/victims.ts'
import { addKills as added, subjectOf } from '../../../../collectors/memory/history/victims.ts'
import { containerId, podCgroup, uid } from '../records.ts'

const addKills = (...given: Parameters<typeof added>): readonly Victim[] => added(...given).victims
const now = Date.parse('2026-11-23T03:40:00Z')
const minute = 60_000
const hour = 60 * minute
const pod = { namespace: 'default', name: 'oomer', uid, container: 'eater' }

const kill = (more: Partial<Named> = {}): Named => ({
  sequence: 1,
  uptime: 1,
  pid: 7,
  comm: 'tail',
  scope: 'cgroup',
  limitedBy: podCgroup,
  limit: 24 * 2 ** 20,
  cgroup: `${podCgroup}/${containerId}`,
  processes: 1,
  at: now,
  podUid: uid,
  pod,
  ...more,
})
const ofProcess = (more: Partial<Named>): Named => {
  const { pod: _, podUid: __, cgroup: ___, limitedBy: ____, ...it } = kill()
  return { ...it, ...more }
}

t.test('subjects', async (t) => {
  t.equal(subjectOf(kill()), 'default/oomer/eater')
  t.equal(subjectOf(kill({ pod: { namespace: 'a', name: 'b' } })), 'a/b')
  const { pod: _, ...unnamed } = kill()
  t.equal(subjectOf(unnamed), `pod ${uid}`)
  t.equal(subjectOf(ofProcess({ comm: 'postgres' })), 'process postgres')
  t.equal(
    subjectOf(ofProcess({ comm: 'a\n`b`', cgroup: '/system.slice/x.service' })),
    'process a??b? in /system.slice/x.service',
  )
})

t.test('kills of one subject are one victim', async (t) => {
  const first = addKills([], [kill({ at: now - 9 * minute })], now - 9 * minute, hour)
  const [it, ...more] = addKills(
    first,
    [kill({ at: now - minute, pid: 8 }), kill({ pid: 9, comm: 'postgres', processes: 3 })],
    now,
    hour,
  )
  t.same(more, [])
  t.match(it, {
    subject: 'default/oomer/eater',
    pod,
    kills: 3,
    processes: 5,
    first: now - 9 * minute,
    last: now,
    until: now + hour,
    rank: 'database',
    comm: 'postgres',
    pid: 9,
    limitOf: 'the pod',
  })
})

t.test('the first kill after ten quiet minutes is counted anew', async (t) => {
  const [it, ...more] = addKills(
    addKills(
      [],
      [kill({ at: now - 40 * minute }), kill({ at: now - 31 * minute, pid: 8 })],
      now - 31 * minute,
      hour,
    ),
    [kill({ at: now - minute, pid: 9 }), kill({ pid: 10 })],
    now,
    hour,
  )
  t.same(more, [])
  t.match(it, { kills: 2, first: now - minute, last: now, pid: 10, until: now + hour })
  const [edge] = addKills(addKills([], [kill({ at: now - 10 * minute + 1 })], now, hour), [kill()], now, hour)
  t.match(edge, { kills: 2, first: now - 10 * minute + 1 })
})

t.test('held for the hold time after the last, and then forgotten', async (t) => {
  const victims = addKills([], [kill()], now, hour)
  t.equal(addKills(victims, [], now + hour, hour).length, 1)
  t.equal(addKills(victims, [], now + hour + 1, hour).length, 0)
  t.equal(
    addKills(victims, [kill({ at: now + 2 * hour })], now + 2 * hour, hour)[0]?.kills,
    1,
    'counted anew',
  )
})

t.test('what is learnt of late is told all the same', async (t) => {
  const [it] = addKills([], [kill({ at: now - 5 * hour })], now, hour)
  t.match(it, { last: now - 5 * hour, until: now + 5 * minute })
})

t.test('whose limit', async (t) => {
  const of = (limitedBy: string, more: Partial<Named> = {}) =>
    addKills([], [kill({ limitedBy, ...more })], now, hour)[0]?.limitOf
  t.equal(of(podCgroup), 'the pod')
  t.equal(of(`${podCgroup}/${containerId}`), 'the container')
  t.equal(of('/kubepods'), 'all pods')
  t.equal(of('/kubepods.slice'), 'all pods')
  t.equal(
    of(`/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${uid.replaceAll('-', '_')}.slice`),
    'the pod',
  )
  const process = ofProcess({ cgroup: '/system.slice/x.service', limitedBy: '/system.slice' })
  t.equal(addKills([], [process], now, hour)[0]?.limitOf, '/system.slice')
})

t.test('a thousand subjects stay a few, and none of their kills is lost', async (t) => {
  const long = 'x'.repeat(300)
  const kills = Array.from({ length: 1000 }, (_, at) =>
    ofProcess({ comm: `p${at}`, cgroup: `/${long}`, limitedBy: `/${long}` }),
  )
  const victims = addKills([], kills, now, hour)
  t.ok(victims.length <= 121, `${victims.length}`)
  t.equal(
    victims.reduce((sum, it) => sum + it.kills, 0),
    1000,
  )
  t.match(victims.at(-1), { subject: 'other processes', kills: 880 })
  t.equal(victims.at(-1)?.pod, undefined)
  t.ok(JSON.stringify(victims).length < 72 * 1024, `${JSON.stringify(victims).length} characters`)
})

t.test("no number of a user's processes hides a pod, or the node", async (t) => {
  const postgres = kill({
    comm: 'postgres',
    pod: { namespace: 'prod', name: 'postgres-0', container: 'postgres' },
  })
  const k3s = ofProcess({ comm: 'k3s-server', uid: 0, cgroup: '/system.slice/k3s.service' })
  const junk = Array.from({ length: 500 }, (_, at) =>
    ofProcess({ comm: `junk${at}`, uid: 1000, cgroup: '/user.slice/user-1000.slice/x' }),
  )
  for (const order of [
    [junk, [postgres, k3s]],
    [[postgres, k3s], junk],
  ] as const) {
    const victims = order.reduce<readonly Victim[]>((before, kills) => addKills(before, kills, now, hour), [])
    t.match(
      victims.filter((it) => it.rank),
      [
        { subject: 'prod/postgres-0/postgres', pod: { name: 'postgres-0' }, rank: 'database' },
        { subject: 'process k3s-server in /system.slice/k3s.service', rank: 'node' },
      ],
    )
    const rest = victims.find((it) => it.subject === 'other processes')
    t.match(rest, { rank: undefined, pod: undefined }, 'of the rest nobody knows what they were')
    t.ok(Number(rest?.kills) >= 380)
  }
})

t.test('what was told and has no room any more is said', async (t) => {
  const pods = (name: string, count: number) =>
    Array.from({ length: count }, (_, at) => kill({ pod: { namespace: 'a', name: `${name}${at}` } }))
  const before = addKills([], pods('old', 100), now, hour)
  const { victims, evicted } = added(before, pods('new', 100), now, hour)
  t.equal(victims.filter((it) => it.subject.startsWith('a/old')).length, 100, 'of alike the earlier stay')
  t.equal(evicted.length, 80)
})
