import t from 'tap'
import type { PodsSample } from '../../../collectors/pods/sample.ts'
import { summary } from '../../../collectors/pods/summary.ts'

const minute = 60_000
const now = 100 * minute
const window = 30 * minute
const sample = (more: Partial<PodsSample> = {}): PodsSample => ({
  places: { shop_web_a: { app: [0, 1, 2], sidecar: [0, 3, 4] }, shop_db_b: { db: [0, 5, 6] } },
  restarting: [],
  said: [],
  ...more,
})
const restarting = (...times: readonly number[]) => ({
  pod: { namespace: 'shop', name: 'web' },
  restarts: 9,
  times,
})

t.test('how many are read, and what restarted within the window', async (t) => {
  t.equal(summary(sample(), window, now), 'logs of 3 containers; no restart in the last 30 min')
  const its = [restarting(now - window, now - window + 1, now), restarting(now - minute)]
  t.equal(
    summary(sample({ restarting: its }), window, now),
    'logs of 3 containers; 3 restarts in the last 30 min',
    'what is a window ago no longer counts',
  )
  t.equal(
    summary(sample({ restarting: [restarting(now)] }), 10 * minute, now),
    'logs of 3 containers; 1 restart in the last 10 min',
  )
})

t.test('what was left for later is said', async (t) => {
  t.equal(
    summary(sample({ unfollowed: 8, left: 3 * 1024 * 1024 }), window, now),
    'logs of 3 containers; no restart in the last 30 min; 8 more containers read in later rounds; 3 MiB of logs left for the next round',
  )
  t.match(summary(sample({ left: 1 }), window, now), '1 MiB', 'a little is not nothing')
})

t.test('a machine without pods', async (t) => {
  t.equal(summary(sample({ places: {} }), window, now), 'no pods on this machine')
  t.equal(summary(sample({ places: { shop_web_a: {} } }), window, now), 'no pods on this machine')
})
