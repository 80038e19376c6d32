import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { isOpen, ledgerView, ledgerViewOf } from '../../../agent/api/ledger-view.ts'
import { openStore } from '../../../agent/state/store.ts'
import { finding } from '../findings.ts'

const folder = mkdtempSync(join(tmpdir(), 'murphy-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
const now = 1_000_000_000

t.test('all of one collector, of one moment', async (t) => {
  const store = openStore(folder, now)
  t.teardown(() => store.close())
  const about = { node: 'node1', at: now }
  t.equal(ledgerView(store, about, 'a', ''), null, 'it has not looked yet')
  const open = finding({ code: 'a.thing' })
  store.saveLedger([open, finding({ code: 'a.over', resolved: 5 }), finding({ code: 'ab.other' })])
  store.saveSample('a', { unseen: [] }, now - 7)
  store.addPoints(now - 5, { 'a.many': 3, 'a.more': 4 })
  const made = ledgerView(store, about, 'a', 'many')
  t.strictSame(made, {
    ...{ node: 'node1', now, at: now - 7, sample: { unseen: [] }, findings: [open] },
    ...{ trend: [{ at: now - 5, value: 3 }], artifacts: [] },
  })
  t.strictSame(ledgerView(store, about, 'a', '')?.trend, [])
  t.equal(ledgerView(store, { ...about, cluster: 'home' }, 'a', '')?.cluster, 'home')
  t.strictSame(ledgerViewOf(JSON.parse(JSON.stringify(made))), JSON.parse(JSON.stringify(made)))
})

t.test('what is open, and whose', async (t) => {
  t.equal(isOpen(finding({ code: 'cni.blind' }), 'cni'), true)
  t.equal(isOpen(finding({ code: 'cni.blind', resolved: 1 }), 'cni'), false)
  t.equal(isOpen(finding({ code: 'cnix.blind' }), 'cni'), false)
})

t.test('another program is no daemon', async (t) => {
  t.equal(ledgerViewOf(null), null)
  const sound = { node: 'n', now: 1, at: 1, sample: {}, findings: [], trend: [], artifacts: [] }
  t.ok(ledgerViewOf(sound))
  for (const key of Object.keys(sound)) {
    t.throws(() => ledgerViewOf({ ...sound, [key]: 'x'.repeat(key === 'node' ? 0 : 1) || 7 }), /no view/, key)
  }
  for (const it of ['', 7, [], undefined]) t.throws(() => ledgerViewOf(it), /no view/)
})
