import t from 'tap'
import type { Cells } from '../../../../collectors/firewall/cells.ts'
import {
  flushedTables,
  isBack,
  isMissed,
  lost,
  type Present,
} from '../../../../collectors/firewall/history/loss.ts'
import { cellsIn } from '../cells-in.ts'

const present = (cells: Cells, more: Partial<Present> = {}): Present => ({
  ...{ cells, now: 0, k3s: true, heard: [] },
  ...more,
})
const without = (its: Cells, gone: RegExp) =>
  Object.fromEntries(Object.entries(its).filter(([place]) => !gone.test(place)))

t.test('real losses are flushes of their tables, real changes are none', async (t) => {
  const healthy = await cellsIn('healthy')
  const tables = (its: Cells, more?: Partial<Present>) => flushedTables(healthy, present(its, more))
  t.same(tables(await cellsIn('flush-535')), ['ipv4 filter', 'ipv4 nat'])
  t.ok(tables(await cellsIn('flush-535-4m')).length > 0, 'also when it is first seen with some rules back')
  t.same(tables(without(healthy, /filter/)), ['ipv4 filter'], '`iptables -F` alone: 91 -> 40')
  t.same(tables(without(healthy, /nat/)), ['ipv4 nat'])
  for (const state of ['healthy', 'duplicates', 'restart-after-flush', 'ufw-default-deny', 'cni0-deleted'])
    t.same(tables(await cellsIn(state)), [], state)
  const shut = await cellsIn('ufw-default-deny')
  t.same(flushedTables(shut, present(healthy, { ufw: 'off' })), [], '`ufw disable`')
  t.same(flushedTables(shut, present(without(shut, /filter/), { ufw: 'on' })), ['ipv4 filter'])
})

t.test('an owner that can leave by itself has left', async (t) => {
  const healthy = await cellsIn('healthy')
  const all = {
    ...healthy,
    'ipv4 filter docker': [9, 3],
    'ipv4 filter ufw': [60, 18],
    'ipv4 filter other': [6, 6],
    'ipv4 firewalld firewalld': [92, 30],
  } as Cells
  const alone = (gone: RegExp, more?: Partial<Present>) =>
    flushedTables(all, present(without(all, gone), more)).length > 0
  t.notOk(alone(/docker/))
  t.notOk(alone(/cni/))
  t.notOk(alone(/ufw/), 'not known whether ufw is on')
  t.notOk(alone(/ufw/, { ufw: 'off' }))
  t.ok(alone(/ufw/, { ufw: 'on' }))
  t.ok(alone(/other/))
  t.notOk(alone(/firewalld/), 'systemctl stop firewalld')
  const replaced = { ...without(all, /other/), 'ipv4 filter kube-router': [99, 3] } as Cells
  t.same(flushedTables(all, present(replaced)), [], 'rules of no known owner, replaced by more of k3s')
  t.ok(alone(/nat kube-proxy/))
  for (const k3s of [false, 'stopped'] as const)
    t.notOk(alone(/kube|flannel|cni/, { k3s }), `k3s-killall.sh: ${k3s}`)
  t.ok(alone(/filter/, { k3s: false, ufw: 'on' }))
  t.same(lost(all, without(all, /docker|cni/)), ['ipv4 filter docker'])
})

t.test('rules that others took the place of are no part of a flush of another table', async (t) => {
  // k3s writes its rules over those that were there when the node had just started; then filter is flushed.
  const booted: Cells = {
    'ipv4 nat other': [40, 39],
    'ipv4 filter ufw': [60, 6],
    'ipv4 filter other': [10, 2],
  }
  const replaced: Cells = { 'ipv4 nat kube-proxy': [28, 3], 'ipv4 nat flannel': [12, 2] }
  const flushed = (cells: Cells) => flushedTables(booted, { cells, now: 0, k3s: true, ufw: 'on', heard: [] })
  t.strictSame(flushed(replaced), ['ipv4 filter'])
  t.strictSame(flushed({ 'ipv4 nat kube-proxy': [28, 3] }), ['ipv4 filter', 'ipv4 nat'], 'fewer than before')
})

t.test('what ends a flush, and who misses what is gone', (t) => {
  const needs = {
    'ipv4 filter ufw': [60, 18],
    'ipv4 filter kube-proxy': [9, 3],
    'ipv4 nat cni': [8, 3],
    'ipv4 firewalld firewalld': [92, 30],
  } as const
  const half = { 'ipv4 filter ufw': [20, 9], 'ipv4 filter kube-proxy': [2, 2] } as const
  t.ok(isBack(needs, present(half)), 'half of each, without the host ports, and firewalld stopped')
  t.notOk(isBack(needs, present({ ...half, 'ipv4 filter kube-proxy': [1, 1] })))
  t.notOk(isBack(needs, present({ 'ipv4 filter kube-proxy': [9, 3] })))
  t.ok(isBack(needs, present({ 'ipv4 filter kube-proxy': [9, 3] }, { ufw: 'off' })))
  t.ok(isMissed(needs, present({}, { ufw: 'on', k3s: false })))
  t.ok(isMissed(needs, present({})))
  t.notOk(isMissed(needs, present({}, { k3s: 'stopped' })))
  t.end()
})
