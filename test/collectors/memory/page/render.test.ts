import t from 'tap'
import { renderMemory } from '../../../../collectors/memory/page/render.ts'
import type { MemorySample } from '../../../../collectors/memory/sample.ts'
import { viewOn } from '../../../agent/views.ts'

const mebi = 2 ** 20
const now = Date.parse('2026-11-23T03:00:00Z')
const pod = { namespace: 'shop', name: 'web', container: 'app' }
const points = Array.from({ length: 12 }, (_, at) => [now / 1000 - (11 - at) * 30, (70 + at) * mebi] as const)
const sample: MemorySample = {
  cursor: 0,
  victims: [],
  pods: [],
  total: 24_000 * mebi,
  available: 14_000 * mebi,
  pressure: { some: 3, full: 1 },
  uses: {
    a: { pod, used: 81 * mebi, limit: 100 * mebi, points },
    b: { pod: { ...pod, name: 'a-very-long-name-7d9f8b6c5d-x2x4z' }, used: 10 * mebi, limit: 100 * mebi },
  },
  unlimited: 3,
  account: { counted: 20, explained: 17, before: 2, lost: 1 },
  recent: [
    { at: now - 3600_000, subject: 'default/oomer/eater', comm: 'tail', pid: 7, rss: 24 * mebi },
    { at: now - 60_000, subject: 'shop/web/app', comm: 'a?b', pid: 8, processes: 3 },
  ],
}
const render = (shown: MemorySample, more = {}) =>
  renderMemory(viewOn(shown, {}, { at: now - 12_000, now, ...more }), { color: false, width: 80 })

t.test('at 80 columns', async (t) => {
  t.equal(
    render(sample),
    `node1  memory  (checked 12 s ago)

  node                 ███████░░░░░░░░░  42 %  13.7 of 23.4 GiB available
  Memory pressure (PSI avg60): full 1 %, some 3 %

  shop/web/app         █████████████░░░  81 %  81.0 of 100.0 MiB  lately ▇█████████
    full in about 9 min (rough), +2 MiB a minute
  shop/a-very-long-name-7d9f8b6c5d-x2x4z/app
                       ██░░░░░░░░░░░░░░  10 %  10.0 of 100.0 MiB
  3 containers without a limit

  OOM kills since boot: 20 counted by the kernel, 17 in its log, 2 before
  Murphy's first check, 1 not in its log.
    02:59 UTC shop/web/app: a?b (pid 8), 3 processes in all
    02:00 UTC default/oomer/eater: tail (pid 7) with 24 MiB
`,
  )
})

t.test('with nothing to see', async (t) => {
  t.equal(
    render(
      {
        ...{ cursor: -1, victims: [], pods: [], recent: [] },
        unseen: [{ what: 'x', why: 'no /dev/kmsg' }],
      },
      { source: 'look', problem: 'x' },
    ),
    `node1  memory  (checked 12 s ago, own check: Murphy is not running)

  Memory of the node: unreadable.

  No container with a memory limit

  OOM kills since boot: not counted by this kernel, or unreadable.

  Not seen: no /dev/kmsg
`,
  )
})

t.test('the boot before this one', async (t) => {
  const lastBoot = { readIn: 'x', tries: 1, booted: now - 30 * 60_000 }
  const shown = (more: object) =>
    render({ ...sample, lastBoot: { ...lastBoot, ...more } })
      .split('\n')
      .slice(11)
      .join('\n')
  t.equal(
    shown({ ended: now - 32 * 60_000, kills: 5, last: now - 33 * 60_000, who: 'tail' }),
    `  OOM kills since boot: 20 counted by the kernel, 17 in its log, 2 before
  Murphy's first check, 1 not in its log.
    02:59 UTC shop/web/app: a?b (pid 8), 3 processes in all
  booted 02:30 UTC; the previous boot ended 02:28 UTC without a shutdown, after
    5 OOM kills, the last at 02:27 UTC (tail)
    02:00 UTC default/oomer/eater: tail (pid 7) with 24 MiB
`,
  )
  const words = (more: object) => shown(more).replace(/\s+/g, ' ')
  t.match(words({ ended: now - 32 * 60_000, panic: 'Out of memory: x' }), 'in a panic (Out of memory: x)')
  t.match(
    words({ closed: 'the journal is closed to this user' }),
    'previous boot unknown: the journal is closed to this user',
  )
})

t.test('a kill that only a cgroup counted', async (t) => {
  const recent = [{ at: now, subject: 'shop/web/app', comm: '', pid: 0, unrecorded: true as const }]
  t.match(
    render({ ...sample, recent }),
    '03:00 UTC shop/web/app: counted by its cgroup, not in the kernel log',
  )
})
