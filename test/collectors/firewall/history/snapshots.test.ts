import t from 'tap'
import { collect } from '../../../../collectors/firewall/collect.ts'
import { type Look, snapshotDue } from '../../../../collectors/firewall/history/snapshots.ts'
import { node } from '../look.ts'

const now = Date.parse('2026-11-23T03:12:10Z')
const hour = 3600_000

t.test('the first time, at changes and every six hours; nothing of ruins', async (t) => {
  const { sets } = await collect(node('healthy'), { heard: [] })
  const look: Look = { sets, now, changed: false, broken: false, good: true, by: undefined }
  const first = snapshotDue(undefined, look)
  t.match(first, { about: { rules: 113, good: true, counts: { 'kube-proxy': 63 } }, kept: { at: now } })
  const kept = { at: now, hash: 'another' }
  t.equal(snapshotDue(kept, look), undefined, 'pods come and go')
  t.ok(snapshotDue(kept, { ...look, now: now + 6 * hour }))
  const by = [{ name: 'iptables', pid: 7, at: now }]
  t.match(snapshotDue(kept, { ...look, changed: true, by }), { about: { by: 'iptables' } })
  t.equal(snapshotDue(first?.kept, { ...look, changed: true }), undefined, 'it is kept already')
  t.equal(snapshotDue(undefined, { ...look, broken: true }), undefined)
  t.equal(snapshotDue(undefined, { ...look, sets: [] }), undefined)
})
