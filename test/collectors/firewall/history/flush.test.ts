import t from 'tap'
import type { Cells } from '../../../../collectors/firewall/cells.ts'
import {
  forgotten,
  isFlush,
  lost,
  type Memory,
  type Present,
  patience,
  remember,
} from '../../../../collectors/firewall/history/flush.ts'
import { printed, saved } from '../look.ts'

const minute = 60_000
const start = Date.parse('2026-11-23T00:30:00Z')

const cells = async (state: string): Promise<Cells> =>
  Object.fromEntries(
    Object.entries(saved(await printed(state)).cells).map(([place, it]) => [`ipv4 ${place}`, it]),
  )
const present = (its: Cells, more: Partial<Present> = {}): Present => ({
  cells: its,
  now: start,
  k3s: true,
  heard: [],
  ...more,
})
const without = (its: Cells, gone: RegExp) =>
  Object.fromEntries(Object.entries(its).filter(([place]) => !gone.test(place)))
const iptables = { at: start - 500, text: '# new generation 9 by process 25978 (iptables)' }

t.test('real losses are flushes, real changes are none', async (t) => {
  const healthy = await cells('healthy')
  const verdict = (its: Cells, more?: Partial<Present>) => isFlush(healthy, present(its, more))
  t.ok(verdict(await cells('flush-535')))
  t.ok(verdict(await cells('flush-535-4m')), 'also when it is first seen after some rules are back')
  t.ok(verdict(without(healthy, /filter/)), '`iptables -F` alone: 91 -> 40')
  t.ok(verdict(without(healthy, /nat/)))
  for (const state of ['healthy', 'duplicates', 'restart-after-flush', 'ufw-default-deny', 'cni0-deleted'])
    t.notOk(verdict(await cells(state)), state)
  const shut = await cells('ufw-default-deny')
  t.notOk(isFlush(shut, present(healthy, { ufw: 'off' })), '`ufw disable`')
  t.ok(isFlush(shut, present(without(shut, /filter/), { ufw: 'on' })))
})

t.test('an owner that can leave by itself has left', async (t) => {
  const healthy = await cells('healthy')
  const all = {
    ...healthy,
    'ipv4 filter docker': [9, 3],
    'ipv4 filter ufw': [60, 18],
    'ipv4 filter other': [6, 6],
  } as Cells
  const alone = (gone: RegExp, more?: Partial<Present>) => isFlush(all, present(without(all, gone), more))
  t.notOk(alone(/docker/))
  t.notOk(alone(/cni/))
  t.notOk(alone(/ufw/), 'not known whether ufw is on')
  t.notOk(alone(/ufw/, { ufw: 'off' }))
  t.ok(alone(/ufw/, { ufw: 'on' }))
  t.ok(alone(/other/))
  const replaced = { ...without(all, /other/), 'ipv4 filter kube-router': [99, 3] } as Cells
  t.notOk(isFlush(all, present(replaced)), 'rules of no known owner, replaced by more of k3s')
  t.ok(alone(/nat kube-proxy/))
  t.notOk(alone(/kube|flannel|cni/, { k3s: false }), 'k3s-killall.sh')
  t.ok(alone(/filter/, { k3s: false, ufw: 'on' }))
  t.same(lost(all, without(all, /docker|cni/)), ['ipv4 filter docker'])
})

t.test('pods and services come and go', async (t) => {
  const healthy = await cells('healthy')
  const base = Object.fromEntries(
    Object.entries(healthy).map(([place, [, anchors]]) => [place, [anchors + 1, anchors] as const]),
  )
  let memory = remember(undefined, present(healthy))
  memory = remember(memory, present(without(base, /cni/), { now: start + minute, heard: [iptables] }))
  t.equal(memory.flush, undefined)
  t.same(memory.reference['ipv4 nat kube-proxy'], [4, 3], 'the reference goes along')
})

t.test('a flush is remembered with its author until the rules are back', async (t) => {
  const healthy = await cells('healthy')
  const before = remember(undefined, present(healthy))
  const heard = [{ at: start - 900, text: '# new generation 8 by process 77 (iptables-restor)' }, iptables]
  let memory = remember(before, present(await cells('flush-535'), { heard }))
  t.match(memory.flush, { at: start - 500, by: { name: 'iptables', pid: 25978 }, least: { ipv4: 0 } })
  t.equal(memory.flush?.least.ipv6, undefined)
  memory = JSON.parse(JSON.stringify(memory)) as Memory
  const later = [{ at: start + 4 * minute, text: '# new generation 12 by process 99 (nft)' }]
  memory = remember(memory, present(await cells('flush-535-4m'), { now: start + 4 * minute, heard: later }))
  t.match(memory.flush, { by: { pid: 25978 }, least: { ipv4: 0 } }, 'whoever repairs is not the author')
  memory = remember(memory, present(await cells('restart-after-flush'), { now: start + 5 * minute }))
  t.equal(memory.flush, undefined)
  t.equal(memory.reference['ipv4 nat cni'], undefined, 'what is there now is the new reference')
})

t.test('step by step, as people copy it', async (t) => {
  const healthy = await cells('healthy')
  const step = without(healthy, /filter/)
  let memory = remember(undefined, present(healthy))
  memory = remember(memory, present(step, { heard: [iptables] }))
  t.equal(memory.flush?.least.ipv4, 40)
  memory = remember(memory, present({}, { now: start + minute }))
  t.equal(memory.flush?.least.ipv4, 0)
  t.same(memory.flush?.had, healthy)

  const fewer = { ...healthy, 'ipv4 filter kube-proxy': [6, 2] } as Cells
  memory = remember(remember(undefined, present(healthy)), present(fewer))
  t.same(memory.reference, healthy, 'a smaller state has to stand before it counts')
  memory = remember(memory, present(without(healthy, /filter/), { now: start + minute }))
  t.same(memory.flush?.had, healthy)
  memory = remember(remember(undefined, present(healthy)), present(fewer))
  memory = remember(memory, present(fewer, { now: start + patience }))
  t.same(memory.reference, fewer)
})

t.test('nobody was heard: between which looks', async (t) => {
  const before = remember(undefined, present(await cells('healthy')))
  const { flush } = remember(before, present({}, { last: start - 5 * minute }))
  t.equal(flush?.by, undefined)
  t.equal(flush?.seen, start - 5 * minute)
})

t.test('a boot and a day end it', async (t) => {
  const healthy = await cells('healthy')
  const before = remember(undefined, present(healthy, { boot: 'a' }))
  t.equal(remember(before, present({}, { boot: 'b', k3s: true })).flush, undefined)
  const memory = remember(before, present({}, { boot: 'a' }))
  t.ok(memory.flush)
  t.ok(remember(memory, present({}, { boot: 'a', now: start + forgotten - 1 })).flush)
  t.same(remember(memory, present({}, { boot: 'a', k3s: false, now: start + forgotten })), {
    reference: {},
    boot: 'a',
  })
  t.ok(
    remember(memory, present({}, { boot: 'a', k3s: true, now: start + 3 * forgotten })).flush,
    'but not while k3s runs without its rules',
  )
})

t.test('ufw that was switched off is not waited for', async (t) => {
  const shut = await cells('ufw-default-deny')
  const before = remember(undefined, present(shut, { ufw: 'on' }))
  const memory = remember(before, present(without(shut, /filter/), { ufw: 'on' }))
  t.ok(memory.flush)
  const repaired = without(shut, /ufw/)
  t.ok(remember(memory, present(repaired, { ufw: 'on' })).flush)
  t.notOk(remember(memory, present(repaired, { ufw: 'off' })).flush)
})
