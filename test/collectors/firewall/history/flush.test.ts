import t from 'tap'
import type { WakeEvent } from '../../../../agent/model/index.ts'
import type { Cells } from '../../../../collectors/firewall/cells.ts'
import {
  forgotten,
  hadOf,
  latestOf,
  type Memory,
  patience,
  remember,
  tablesOf,
} from '../../../../collectors/firewall/history/flush.ts'
import type { Present } from '../../../../collectors/firewall/history/loss.ts'
import { cellsIn } from '../cells-in.ts'

const minute = 60_000
const start = Date.parse('2026-11-23T00:30:00Z')

const present = (its: Cells, more: Partial<Present> = {}): Present => ({
  ...{ cells: its, now: start, k3s: true, heard: [] },
  ...more,
})
const without = (its: Cells, gone: RegExp) =>
  Object.fromEntries(Object.entries(its).filter(([place]) => !gone.test(place)))
/** As `nft monitor` tells that a process emptied tables. */
const by = (pid: number, name: string, at: number, ...tables: string[]): WakeEvent[] => [
  ...tables.flatMap((it) =>
    Array.from({ length: 16 }, (_, rule) => ({ at, text: `delete rule ip ${it} INPUT handle ${rule}` })),
  ),
  { at, text: `# new generation 9 by process ${pid} (${name})` },
]
const stepsOf = (memory: Memory) =>
  (memory.flushes ?? []).map(({ subject, steps }) => [
    subject,
    ...steps.map((it) => `${Object.keys(it.tables).join(',')} by ${it.by?.pid}`),
  ])

t.test('pods and services come and go', async (t) => {
  const healthy = await cellsIn('healthy')
  const base = Object.fromEntries(
    Object.entries(healthy).map(([place, [, anchors]]) => [place, [anchors + 1, anchors] as const]),
  )
  let memory = remember(undefined, present(healthy))
  const heard = by(7, 'iptables', start, 'nat')
  memory = remember(memory, present(without(base, /cni/), { now: start + minute, heard }))
  t.equal(memory.flushes, undefined)
  t.same(memory.reference['ipv4 nat kube-proxy'], [4, 3], 'the reference goes along')
})

t.test('a flush is remembered, each table with its process, until the rules are back', async (t) => {
  const healthy = await cellsIn('healthy')
  const before = remember(undefined, present(healthy))
  const heard = [
    ...by(77, 'iptables-restor', start - 900, 'nat'),
    ...by(78, 'fail2ban', start - 800),
    ...by(79, 'iptables', start - 500, 'filter'),
    ...by(81, 'iptables', start - 400, 'nat'),
  ]
  let memory = remember(before, present(await cellsIn('flush-535'), { heard }))
  t.same(stepsOf(memory), [['ipv4', 'ipv4 filter by 79', 'ipv4 nat by 81']])
  t.match(memory.flushes?.[0]?.steps, [
    { at: start - 500, by: { name: 'iptables' }, tables: { 'ipv4 filter': { before: 51, least: 0 } } },
    { at: start - 400, tables: { 'ipv4 nat': { before: 40, least: 0 } } },
  ])
  memory = JSON.parse(JSON.stringify(memory)) as Memory
  const later = by(99, 'nft', start + 4 * minute)
  memory = remember(memory, present(await cellsIn('flush-535-4m'), { now: start + 4 * minute, heard: later }))
  t.same(
    stepsOf(memory),
    [['ipv4', 'ipv4 filter by 79', 'ipv4 nat by 81']],
    'whoever repairs is not the author',
  )
  t.equal(memory.flushes?.[0]?.steps[0]?.tables['ipv4 filter']?.least, 0)
  t.same(hadOf(memory)['ipv4 nat kube-proxy'], healthy['ipv4 nat kube-proxy'])
  memory = remember(memory, present(await cellsIn('restart-after-flush'), { now: start + 5 * minute }))
  t.equal(memory.flushes, undefined)
  t.equal(memory.reference['ipv4 nat cni'], undefined, 'what is there now is the new reference')
})

t.test('the second and the third within an hour, each with its own process and time', async (t) => {
  const healthy = await cellsIn('healthy')
  let memory = remember(undefined, present(healthy))
  for (const [at, pid] of [
    [11, 101],
    [22, 202],
    [33, 303],
  ] as const) {
    const now = start + at * minute
    const heard = by(pid, `tool${pid}`, now - 40, 'nat')
    memory = remember(memory, present(without(healthy, /nat/), { now, heard, last: now - 5000 }))
    t.same(stepsOf(memory), [['ipv4 nat', `ipv4 nat by ${pid}`]])
    t.equal(memory.flushes?.[0]?.steps[0]?.at, now - 40)
    memory = remember(memory, present(healthy, { now: now + 5 * minute }))
    t.equal(memory.flushes, undefined, 'repaired')
  }
})

t.test('rules of the owner that never come back hide no later flush', async (t) => {
  const healthy = { ...(await cellsIn('healthy')), 'ipv4 filter other': [6, 6] } as Cells
  const both = { heard: by(1, 'iptables', start, 'filter', 'nat') }
  let memory = remember(remember(undefined, present(healthy)), present({}, both))
  t.same(stepsOf(memory), [['ipv4', 'ipv4 filter,ipv4 nat by 1']])
  const mended = without(healthy, /other/)
  memory = remember(memory, present(mended, { now: start + 2 * minute }))
  t.equal(memory.flushes?.length, 1, 'the own rules are still missing')
  const now = start + 11 * minute
  const again = { now, heard: by(2, 'nft', now, 'nat') }
  memory = remember(memory, present(without(mended, /nat/), again))
  t.same(stepsOf(memory), [
    ['ipv4', 'ipv4 filter,ipv4 nat by 1'],
    ['ipv4 nat', 'ipv4 nat by 2'],
  ])
  memory = remember(memory, present(mended, { now: now + minute }))
  t.same(stepsOf(memory), [['ipv4', 'ipv4 filter,ipv4 nat by 1']], 'each ends for itself')
})

t.test('the same tables once more, not whole in between', async (t) => {
  const healthy = { ...(await cellsIn('healthy')), 'ipv4 filter other': [6, 6] } as Cells
  const mended = without(healthy, /other/)
  const flushed = without(healthy, /filter/)
  const first = { heard: by(1, 'iptables', start, 'filter') }
  const open = remember(remember(undefined, present(healthy)), present(flushed, first))
  const back = remember(open, present(mended, { now: start + 2 * minute }))
  const again = (after: number) => {
    const now = start + after
    return remember(back, present(flushed, { now, heard: by(2, 'nft', now, 'filter') }))
  }
  t.same(stepsOf(again(4 * minute)), [['ipv4 filter', 'ipv4 filter by 1', 'ipv4 filter by 2']])
  const news = again(patience)
  t.same(stepsOf(news), [['ipv4 filter', 'ipv4 filter by 2']], 'after ten minutes it is one of its own')
  t.same(news.flushes?.[0]?.needs['ipv4 filter other'], [6, 6], 'and what is missing is missing still')
  t.equal(latestOf(news.flushes?.[0] as NonNullable<Memory['flushes']>[number]), start + patience)
})

t.test('step by step, as people copy it', async (t) => {
  const healthy = await cellsIn('healthy')
  let memory = remember(undefined, present(healthy))
  const first = by(1, 'iptables', start - 500, 'filter')
  memory = remember(memory, present(without(healthy, /filter/), { heard: first }))
  const now = start + minute - 600
  memory = remember(memory, present({}, { now, heard: by(3, 'iptables', now, 'nat') }))
  t.same(stepsOf(memory), [['ipv4 filter', 'ipv4 filter by 1', 'ipv4 nat by 3']], 'lines of one recipe')
  t.same(tablesOf(memory.flushes?.[0] ?? { steps: [] }), ['ipv4 filter', 'ipv4 nat'])

  const later = start + 3 * minute
  let apart = remember(undefined, present(healthy))
  apart = remember(apart, present(without(healthy, /filter/), { heard: first }))
  apart = remember(apart, present({}, { now: later, heard: by(3, 'iptables', later, 'nat') }))
  t.same(stepsOf(apart), [
    ['ipv4 filter', 'ipv4 filter by 1'],
    ['ipv4 nat', 'ipv4 nat by 3'],
  ])

  const fewer = { ...healthy, 'ipv4 filter kube-proxy': [6, 2] } as Cells
  memory = remember(remember(undefined, present(healthy)), present(fewer))
  t.same(memory.reference, healthy, 'a smaller state has to stand before it counts')
  memory = remember(memory, present(without(healthy, /filter/), { now: start + minute }))
  t.equal(memory.flushes?.[0]?.steps[0]?.tables['ipv4 filter']?.before, 51)
  memory = remember(remember(undefined, present(healthy)), present(fewer))
  memory = remember(memory, present(fewer, { now: start + patience }))
  t.same(memory.reference, fewer)
})

t.test('who was not heard deleting from it is not its author', async (t) => {
  const before = remember(undefined, present(await cellsIn('healthy')))
  const heard = by(5, 'iptables', start - 100, 'mangle')
  const { flushes } = remember(before, present({}, { last: start - 5 * minute, heard }))
  t.equal(flushes?.[0]?.steps.length, 1)
  t.equal(flushes?.[0]?.steps[0]?.by, undefined)
  t.equal(flushes?.[0]?.steps[0]?.seen, start - 5 * minute, 'between two looks')
})

/**
 * What a node with k3s said: the rules were read while they were flushed, after much else had been heard, of which
 * nothing was the flush.
 */
const plugins = (at: number): WakeEvent[] =>
  [
    'delete rule ip filter FORWARD handle 53',
    '# new generation 230 by process 11635 (iptables-restor)',
    'delete rule ip nat POSTROUTING handle 39',
    '# new generation 232 by process 11693 (iptables)',
  ].map((text) => ({ at, text }))

t.test('what happens while the rules are read gets its process and its time in the next look', async (t) => {
  const healthy = await cellsIn('healthy')
  const before = remember(undefined, present(healthy))
  const [begun, end] = [start, start + 8_000]
  const flushed = without(healthy, /nat/)
  const first = remember(
    before,
    present(flushed, { now: end, last: begun - 6_000, heard: plugins(begun - 3_000) }),
  )
  t.same(stepsOf(first), [['ipv4 nat', 'ipv4 nat by undefined']], 'no plugin that deleted a rule of its own')
  t.match(first.flushes?.[0]?.steps, [{ at: end, seen: begun - 6_000 }], 'it was well, and it was read gone')
  const heard = [...plugins(begun + 2_000), ...by(12274, 'iptables', begun + 6_500, 'nat')]
  const kept = JSON.parse(JSON.stringify(first)) as Memory
  const next = remember(kept, present(flushed, { now: end + 2_000, last: begun, heard }))
  t.same(stepsOf(next), [['ipv4 nat', 'ipv4 nat by 12274']])
  const [step] = next.flushes?.[0]?.steps ?? []
  t.equal(step?.at, begun + 6_500)
  t.equal(step?.seen, undefined, 'the moment is known')
  t.equal(next.flushes?.[0]?.subject, kept.flushes?.[0]?.subject, 'it is the same flush')
  const later = by(777, 'iptables', end + 60_000, 'nat')
  const again = remember(kept, present(flushed, { now: end + 61_000, last: begun, heard: later }))
  t.same(stepsOf(again), [['ipv4 nat', 'ipv4 nat by undefined']], 'whoever flushes afterwards is not it')
})

t.test('two tables found gone at once, by two processes heard of later', async (t) => {
  const before = remember(undefined, present(await cellsIn('healthy')))
  const first = remember(before, present({}, { last: start - 5_000 }))
  t.equal(first.flushes?.[0]?.steps.length, 1)
  const heard = [...by(1, 'iptables', start - 3_000, 'filter'), ...by(2, 'iptables', start - 2_000, 'nat')]
  const next = remember(first, present({}, { now: start + 2_000, last: start - 4_000, heard }))
  t.same(stepsOf(next), [['ipv4', 'ipv4 filter by 1', 'ipv4 nat by 2']])
})

t.test('a loop of flushes keeps a few steps', async (t) => {
  const healthy = await cellsIn('healthy')
  const flushed = without(healthy, /filter/)
  const partly = { ...flushed, 'ipv4 filter kube-router': [1, 1], 'ipv4 filter flannel': [1, 1] } as Cells
  let memory = remember(undefined, present(healthy))
  for (let at = 0; at < 20; at += 1) {
    const now = start + at * 30_000
    memory = remember(memory, present(flushed, { now, heard: by(at, 'iptables', now, 'filter') }))
    memory = remember(memory, present(partly, { now: now + 10_000 }))
  }
  const pids = memory.flushes?.[0]?.steps.map((it) => it.by?.pid)
  t.same(pids, [0, 16, 17, 18, 19])
})

t.test('a boot and a day end it', async (t) => {
  const healthy = await cellsIn('healthy')
  const before = remember(undefined, present(healthy, { boot: 'a' }))
  t.equal(remember(before, present({}, { boot: 'b', k3s: true })).flushes, undefined)
  const memory = remember(before, present({}, { boot: 'a' }))
  t.ok(memory.flushes)
  t.ok(remember(memory, present({}, { boot: 'a', now: start + forgotten - 1 })).flushes)
  t.same(remember(memory, present({}, { boot: 'a', k3s: false, now: start + forgotten })), {
    reference: {},
    boot: 'a',
  })
  t.ok(
    remember(memory, present({}, { boot: 'a', k3s: true, now: start + 3 * forgotten })).flushes,
    'but not while k3s runs without its rules',
  )
})

t.test('what went while k3s was stopped is no flush once it runs again', async (t) => {
  const healthy = await cellsIn('healthy')
  const rest = without(healthy, /kube|flannel|cni/)
  let memory = remember(undefined, present(healthy))
  memory = remember(memory, present(rest, { k3s: 'stopped' }))
  memory = remember(memory, present(rest, { now: start + 4 * minute }))
  t.equal(memory.flushes, undefined)
})

t.test('ufw that was switched off is not waited for', async (t) => {
  const shut = await cellsIn('ufw-default-deny')
  const before = remember(undefined, present(shut, { ufw: 'on' }))
  const memory = remember(before, present(without(shut, /filter/), { ufw: 'on' }))
  t.ok(memory.flushes)
  const repaired = without(shut, /ufw/)
  t.ok(remember(memory, present(repaired, { ufw: 'on' })).flushes)
  t.notOk(remember(memory, present(repaired, { ufw: 'off' })).flushes)
})
