import t from 'tap'
import { deadlines, filling, reaches, runsOut } from '../../../collectors/memory/filling.ts'

const mebi = 2 ** 20
const now = Date.parse('2026-11-23T03:00:00Z')
const thresholds = { near: 95, available: 5, pressure: 10 }
const pod = { namespace: 'shop', name: 'web', container: 'app' }
const empty = { cursor: 0, victims: [], recent: [], pods: [] }

/** Twelve points until now, so many seconds apart, the last of them `last` MiB. */
const course = (last: number, step: number, apart = 30) =>
  Array.from(
    { length: 12 },
    (_, at) => [now / 1000 - (11 - at) * apart, (last - (11 - at) * step) * mebi] as const,
  )
const growing = { pod, used: 81 * mebi, limit: 100 * mebi, points: course(81, 1) }
const judge = (more: Partial<Parameters<typeof filling>[0]>, its = thresholds) =>
  filling({ ...empty, ...more }, its, now)

t.test('a container: how full, and when it is full', async (t) => {
  const found = judge({
    uses: {
      a: growing,
      b: { pod: { ...pod, container: 'full' }, used: 98 * mebi, limit: 100 * mebi },
      c: { pod: { ...pod, container: 'fine' }, used: 90 * mebi, limit: 100 * mebi },
    },
  })
  t.match(found, [
    {
      code: 'memory.container-near-limit',
      subject: 'shop/web/app',
      text: 'Uses 81.0 of 100.0 MiB (81 %). Grows by 2 MiB a minute: limit reached in about 10 min (03:09 UTC), a rough estimate.',
      pod,
      fix: [
        /kubectl -n shop top pod web --containers/,
        /of container app in/,
        /kubectl -n shop delete pod web/,
      ],
      evidence: { 'reached at': '2026-11-23T03:09:30.000Z', confidence: 'rough' },
    },
    { subject: 'shop/web/full', text: 'Uses 98.0 of 100.0 MiB (98 %). It does not grow steadily.' },
  ])
  t.equal(found.length, 2)
})

t.test('from its threshold on, whatever its course', async (t) => {
  const held = (used: number) => judge({ uses: { a: { pod, used: used * mebi, limit: 100 * mebi } } }).length
  t.equal(held(94.4), 0)
  t.equal(held(94.5), 1, 'in whole percent, as it is shown')
  t.equal(
    judge({ uses: { a: { ...growing, used: 59 * mebi } } }).length,
    0,
    'with so much room it is no news',
  )
  t.ok(reaches({ ...growing, used: 60 * mebi }))
  t.equal(reaches({ ...growing, used: 60 * mebi - 1 }), undefined)
  const unknown = judge({ uses: { ['f'.repeat(64)]: { used: 98 * mebi, limit: 100 * mebi } } })
  t.match(unknown, [{ subject: `container ${'f'.repeat(12)}`, next: undefined }], 'whose pod nobody knows')
})

t.test('the node: what is available, and when nothing is', async (t) => {
  const node = { total: 1000 * mebi, available: 40 * mebi }
  t.match(judge(node), [
    {
      code: 'memory.node-filling',
      subject: 'node',
      text: '40.0 of 1000.0 MiB available (4 %).',
      evidence: { available: '40 MiB', total: '1000 MiB' },
    },
  ])
  t.strictSame(judge({ ...node, available: 50 * mebi }), [], 'the threshold itself')
  t.strictSame(judge({ available: 0 }), [], 'of a total that is not known nothing is said')
  t.strictSame(judge({ total: 1000 * mebi }), [])
  const falling = course(190, -10, 60)
  t.match(judge({ ...node, available: 190 * mebi, free: falling }), [
    {
      text: /^190.0 of 1000.0 MiB available \(19 %\). It shrinks by 10 MiB a minute: nothing left in about 19 min/,
    },
  ])
  t.strictSame(
    judge({ ...node, available: 400 * mebi, free: falling }),
    [],
    'far from full it is a program that was just started',
  )
  t.equal(runsOut({ ...empty, free: falling }), undefined)
})

t.test('how much waits for memory', async (t) => {
  t.match(judge({ pressure: { some: 40, full: 20 } }), [
    {
      code: 'memory.pressure',
      text: 'In the last minute all tasks stalled on memory 20 % of the time, some tasks 40 % (PSI avg60).',
      evidence: { full: 20, some: 40 },
    },
  ])
  t.equal(judge({ pressure: { some: 99, full: 10 } }).length, 1)
  t.strictSame(judge({ pressure: { some: 99, full: 9.9 } }), [])
})

t.test('what runs out, and when', async (t) => {
  const { pod: _, ...nobodys } = growing
  t.match(deadlines({ ...empty, uses: { a: growing, b: nobodys } }), [
    { what: 'memory of shop/web/app', at: now + 570_000, confidence: 'rough' },
  ])
  t.equal(deadlines({ ...empty, uses: { b: nobodys } }).length, 0, 'an id says nothing to anybody')
  t.match(deadlines({ ...empty, total: 1000 * mebi, free: course(190, -10, 60) }), [
    { what: 'memory of the node', at: now + 19 * 60_000 },
  ])
  t.strictSame(deadlines(empty), [])
})
