import t from 'tap'
import type { ClusterSample, Lost } from '../../../collectors/cluster/sample.ts'
import { answersSince, lostAtOnce, watchedSince } from '../../../collectors/cluster/watched.ts'

const at = Date.UTC(2026, 10, 23, 3, 0)
const second = 1000
const minute = 60 * second
const place = {
  ...{ me: 'server1', distribution: 'k3s' as const },
  api: { origin: 'https://127.0.0.1:6443', authority: '/ca', certificate: '/c' },
}
const row = (name: string, ready: boolean) => ({ name, ready, address: '198.51.100.3' })
const lost = (name: string, first = at, more: Partial<Lost> = {}): Lost => ({
  name,
  first,
  by: 'server1',
  ...more,
})
const all: ClusterSample = {
  ...{ place, watched: at - 60 * minute },
  nodes: [row('server1', true), row('node2', false), row('node3', false)],
  lost: [lost('node2'), lost('node3', at + minute)],
}
const names = (it: ClusterSample, now = at + 2 * minute) => lostAtOnce(it, now).map((one) => one.name)

t.test('all that are left, lost within two minutes of each other', async (t) => {
  t.strictSame(names(all), ['node2', 'node3'])
  t.strictSame(names({ ...all, lost: [lost('node2'), lost('node3', at + 3 * minute)] }), [])
  const nodes = [row('server1', true), row('node2', false), row('node3', false), row('node4', true)]
  t.strictSame(names({ ...all, nodes }), [], 'one reports')
  t.strictSame(names({ ...all, lost: [lost('node2')] }), [], 'one alone is itself')
  const ill = {
    ready: { status: 'False', reason: 'x', message: 'x', since: at },
    volumes: [],
    volumeCount: 0,
  }
  t.strictSame(
    names({ ...all, lost: [lost('node2'), lost('node3', at, { detail: ill })] }),
    [],
    'one is heard',
  )
  t.strictSame(names({ ...all, lost: [lost('node2'), lost('node3', at, { by: 'server2' })] }), [])
})

t.test('watching begins anew after a gap, and after all were lost', async (t) => {
  const now = at + 10 * second
  const since = (sample: ClusterSample | undefined, last: number | undefined = at, cutOff = false) =>
    watchedSince({ ...(sample && { sample }), ...(last !== undefined && { at: last }) }, cutOff, now)
  const calm = { ...all, lost: [] }
  t.equal(since(calm), all.watched)
  t.equal(since(undefined), now)
  t.equal(since(calm, now - minute - 1), now, 'Murphy did not look')
  const silent = (ago: number) => ({ ...calm, silent: { since: now - ago, why: 'x', peers: [] } })
  t.equal(since(silent(30 * second)), all.watched)
  t.equal(answersSince(silent(20 * second), now), undefined, 'an answer or two that failed')
  t.equal(answersSince(silent(30 * second), now), now)
  t.equal(answersSince({ answers: at }, now), at)
  t.equal(since(all, at, true), all.watched, 'still cut off')
  t.equal(since(all, at, false), now)
})
