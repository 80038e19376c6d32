import t from 'tap'
import type { Cells } from '../../../../collectors/firewall/cells.ts'
import { gone, rememberFlannel } from '../../../../collectors/firewall/history/flannel.ts'

const minute = 60_000
const day = 24 * 60 * minute
const now = Date.parse('2026-11-23T03:12:10Z')
const both: Cells = {
  'ipv4 filter flannel': [2, 2],
  'ipv4 nat flannel': [4, 4],
  'ipv4 nat kube-proxy': [9, 3],
}
const filter: Cells = { 'ipv4 filter flannel': [2, 2] }
const none: Cells = { 'ipv4 nat kube-proxy': [9, 3] }
const running = { running: true, now }
const places = ['ipv4 filter', 'ipv4 nat']

t.test('it learns where this node has had them', (t) => {
  t.equal(rememberFlannel(undefined, none, running), undefined, 'a node without flannel')
  t.strictSame(rememberFlannel(undefined, both, running), { places })
  t.strictSame(rememberFlannel(undefined, both, { running: false, now }), { places })
  t.strictSame(
    rememberFlannel({ places: ['ipv4 filter'] }, both, running),
    { places },
    'another version has more',
  )
  t.equal(
    rememberFlannel(undefined, { 'ipv4 nat flannel': [4, 0] }, running),
    undefined,
    'rules that no packet comes by are none',
  )
  t.end()
})

t.test('what is missing keeps its time until all is back, or a day has passed', (t) => {
  const gone = rememberFlannel({ places }, filter, running)
  t.strictSame(gone, { places, missing: now })
  const later = { running: true, now: now + 5 * minute }
  t.strictSame(rememberFlannel(gone, filter, later), gone)
  t.strictSame(rememberFlannel(gone, none, later), gone, 'more of it is no new beginning')
  t.strictSame(
    rememberFlannel({ places: ['ipv4 nat'], missing: now }, filter, later),
    { places: ['ipv4 nat', 'ipv4 filter'], missing: now },
    'what came meanwhile is learnt as well',
  )
  t.strictSame(rememberFlannel(gone, both, later), { places })
  const before = { running: true, now: now + day - 1 }
  t.strictSame(rememberFlannel(gone, filter, before), gone)
  const accepted = { running: true, now: now + day }
  t.strictSame(rememberFlannel(gone, filter, accepted), { places: ['ipv4 filter'] })
  t.equal(rememberFlannel(gone, none, accepted), undefined, 'it is a node without flannel now')
  t.end()
})

t.test('while k3s does not run nothing is missing', (t) => {
  const stopped = { running: false, now: now + minute }
  t.strictSame(rememberFlannel({ places, missing: now }, none, stopped), { places })
  t.strictSame(rememberFlannel({ places: ['ipv4 filter'] }, both, stopped), { places: ['ipv4 filter'] })
  t.end()
})

t.test('rules that nothing leads to do not count', async (t) => {
  t.strictSame(gone({ places }, { 'ipv4 nat flannel': [5, 0], 'ipv4 filter flannel': [2, 1] }), ['ipv4 nat'])
})
