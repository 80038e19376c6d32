import t from 'tap'
import { gone, rememberFlannel } from '../../../../collectors/firewall/history/flannel.ts'

const now = Date.parse('2026-11-23T03:12:10Z')
const day = 86_400_000
const cells = { 'ipv4 nat flannel': [5, 1], 'ipv4 filter flannel': [2, 1], 'ipv4 nat ufw': [5, 1] } as const
const places = ['ipv4 filter', 'ipv4 nat']
const runs = { running: true, now }

t.test('what flannel has is learnt, and what it has no more is missed', async (t) => {
  t.equal(rememberFlannel(undefined, {}, runs), undefined)
  const memory = rememberFlannel(undefined, cells, runs)
  t.strictSame(memory, { places })
  const less = { 'ipv4 nat flannel': [5, 1] } as const
  const missed = rememberFlannel(memory, less, runs)
  t.strictSame(missed, { places, missing: now })
  t.strictSame(gone({ places }, less), ['ipv4 filter'])
  t.strictSame(rememberFlannel(missed, less, { running: true, now: now + 1000 }), { places, missing: now })
  t.strictSame(rememberFlannel(missed, cells, { running: true, now: now + 1000 }), { places }, 'it is back')
})

t.test('rules that nothing leads to do not count', async (t) => {
  t.strictSame(gone({ places }, { 'ipv4 nat flannel': [5, 0], 'ipv4 filter flannel': [2, 1] }), ['ipv4 nat'])
})

t.test('while k3s does not run nothing is missed; after a day nothing is any more', async (t) => {
  t.strictSame(rememberFlannel({ places }, {}, { running: false, now }), { places })
  t.equal(rememberFlannel({ places, missing: now - day }, {}, runs), undefined)
  const less = { 'ipv4 nat flannel': [5, 1] } as const
  t.strictSame(rememberFlannel({ places, missing: now - day }, less, runs), { places: ['ipv4 nat'] })
})
