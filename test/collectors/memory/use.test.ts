import t from 'tap'
import type { Host } from '../../../agent/model/index.ts'
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
