import t from 'tap'
import type { Host } from '../../../agent/model/index.ts'
import { filling, outlook } from '../../../collectors/memory/filling.ts'
import { containersOf, readUses } from '../../../collectors/memory/use.ts'
import { podBook } from '../../../collectors/node/pods.ts'
import { machine } from '../node/machine.ts'
import { containerId, uid } from './records.ts'

const book = podBook([`shop_web_${uid}`], [`web_shop_app-${containerId}.log`])
const usesOf = async (host: Host) => readUses(host, await containersOf(host), { book, before: {}, now })
const mebi = 2 ** 20
const now = Date.parse('2026-11-23T03:00:00Z')
const stat = (prefix: string) =>
  `anon 1\n${prefix}inactive_file ${8 * mebi}\n${prefix}active_file ${4 * mebi}\n`
const nodes: Readonly<Record<string, readonly [string, Record<string, string>]>> = {
  'version 1, plain names': [
    `/sys/fs/cgroup/memory/kubepods/burstable/pod${uid}/${containerId}`,
    {
      'memory.limit_in_bytes': `${64 * mebi}`,
      'memory.usage_in_bytes': `${60 * mebi}`,
      'memory.stat': stat('total_'),
    },
  ],
  "version 2, systemd's names": [
    `/sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${uid.replaceAll('-', '_')}.slice/cri-containerd-${containerId}.scope`,
    { 'memory.max': `${64 * mebi}`, 'memory.current': `${60 * mebi}`, 'memory.stat': stat('') },
  ],
}

for (const [name, [path, files]] of Object.entries(nodes))
  t.test(name, async (t) => {
    const host = machine(
      t,
      Object.fromEntries(Object.entries(files).map(([file, text]) => [`${path}/${file}`, text])),
    )
    const { uses, unlimited } = await usesOf(host)
    t.match(uses, {
      [containerId]: {
        pod: { namespace: 'shop', name: 'web', container: 'app' },
        used: 48 * mebi,
        limit: 64 * mebi,
        points: [[now / 1000, 48 * mebi]],
      },
    })
    t.equal(unlimited, 0)
  })

t.test('no limit, no k3s, and the limit of the pod', async (t) => {
  const [path] = nodes['version 1, plain names'] as [string, object]
  const free = machine(t, { [`${path}/memory.limit_in_bytes`]: '9223372036854771712\n' })
  t.strictSame(await usesOf(free), { uses: {}, unlimited: 1, left: [] })
  t.strictSame(await usesOf(machine(t, {})), { uses: {}, unlimited: 0, left: [] })
  const pod = machine(t, {
    [`${path}/memory.limit_in_bytes`]: '9223372036854771712\n',
    [`${path}/../memory.limit_in_bytes`]: `${100 * mebi}\n`,
    [`${path}/memory.usage_in_bytes`]: `${10 * mebi}\n`,
  })
  const { uses } = await usesOf(pod)
  t.equal(Object.values(uses)[0]?.limit, 100 * mebi)
  t.equal(Object.values(uses)[0]?.points, undefined, 'far from it its course is not kept')
})

t.test('what is said of it', async (t) => {
  const pod = { namespace: 'shop', name: 'web', container: 'app' }
  const points = Array.from(
    { length: 12 },
    (_, at) => [now / 1000 - (11 - at) * 30, (70 + at) * mebi] as const,
  )
  const sample = {
    cursor: 0,
    victims: [],
    recent: [],
    pods: [],
    total: 1000 * mebi,
    available: 40 * mebi,
    pressure: { some: 40, full: 20 },
    uses: {
      a: { pod, used: 81 * mebi, limit: 100 * mebi, points },
      b: { pod: { ...pod, container: 'full' }, used: 98 * mebi, limit: 100 * mebi },
      c: { pod: { ...pod, container: 'fine' }, used: 90 * mebi, limit: 100 * mebi },
    },
  }
  const found = filling(sample, { near: 95, available: 5, pressure: 10 }, now)
  t.match(found, [
    {
      code: 'memory.container-near-limit',
      subject: 'shop/web/app',
      text: 'Holds 81.0 of 100.0 MiB (81 %). It grows by 2 MiB a minute and reaches its limit in about 10 min (03:09 UTC), if it goes on so.',
      pod,
    },
    { subject: 'shop/web/full', text: 'Holds 98.0 of 100.0 MiB (98 %). It does not grow steadily.' },
    { code: 'memory.node-filling', text: '40.0 of 1000.0 MiB are available (4 %).' },
    { code: 'memory.pressure', text: /waited for memory 20 % of the time, and something did 40 %/ },
  ])
  t.equal(found.length, 4)
  t.match(outlook(sample), [{ what: 'memory of shop/web/app', at: now + 570_000, sure: 'rough' }])
  const falling = Array.from(
    { length: 12 },
    (_, at) => [now / 1000 - (11 - at) * 60, (300 - 10 * at) * mebi] as const,
  )
  t.match(
    filling(
      { ...sample, uses: {}, pressure: { some: 0, full: 0 }, available: 190 * mebi, free: falling },
      { near: 95, available: 5, pressure: 10 },
      now,
    ),
    [
      {
        code: 'memory.node-filling',
        text: /^190.0 of 1000.0 MiB are available \(19 %\). It shrinks by 10 MiB a minute: nothing is left in about 19 min/,
      },
    ],
  )
})

t.test('no pod pushes out another, and what there is no room for is said', async (t) => {
  const idOf = (at: number) => at.toString(16).padStart(64, '0')
  const uidOf = (at: number) => `${at.toString(16).padStart(8, '0')}-0000-0000-0000-000000000000`
  const crowd = async (containers: readonly (readonly [pod: number, used: number])[]) => {
    const files = containers.flatMap(([pod, used], at) => {
      const path = `/sys/fs/cgroup/kubepods/pod${uidOf(pod)}/${idOf(at)}`
      return [
        [`${path}/memory.max`, `${100 * mebi}`],
        [`${path}/memory.current`, `${used * mebi}`],
      ] as const
    })
    return usesOf(machine(t, Object.fromEntries(files)))
  }
  const greedy = Array.from({ length: 200 }, () => [1, 99] as const)
  const one = await crowd([...greedy, [2, 97]])
  t.equal(one.uses[idOf(200)]?.used, Math.round((97 * 256) / 100) * (100 / 256) * mebi)
  t.equal(Object.keys(one.uses).length, 150)
  t.equal(one.left.length, 51)
  const pods = await crowd([...greedy.map((_, at) => [at + 3, 99] as const), [2, 97], [2, 1]])
  t.strictSame(
    pods.left.at(-1),
    `container ${idOf(200).slice(0, 12)}`,
    'not over: it may be as near as before',
  )
  t.strictSame(
    (await crowd(greedy.map(() => [1, 3] as const))).left,
    [],
    'of what holds little nothing is said',
  )
})
