import t from 'tap'
import { snapshotOf } from '../../../agent/api/snapshot.ts'
import { pictureOf, type Scene } from '../../../agent/daemon/picture.ts'
import { now, picture, things } from '../small.ts'

const store: Scene['store'] = {
  ledger: () => [],
  sample: () => undefined,
  told: () => [],
  silences: () => [
    { id: 'all', what: 'all', since: now - 9, until: now - 1 },
    { id: 'certs', what: 'certs', since: now - 9, until: now + 1 },
  ],
}
const delivery = {
  wake() {},
  stop: async () => {},
  state: () => ({ name: 'mine', type: 'ntfy', waiting: 0 }),
}
const scene: Scene = {
  config: { node: 'node1', collectors: {} },
  version: '0.1.0',
  machine: 'Some Linux',
  started: now - 1000,
  collectors: [things],
  runs: [],
  incidents: picture.incidents,
  postmen: [{ name: 'mine', delivery }],
  store,
}

t.test('what is written to Kubernetes is a row beside the sinks', async (t) => {
  const kubernetes = { state: () => ({ name: 'kubernetes', type: 'kubernetes', waiting: 2 }) }
  t.match(pictureOf({ ...scene, kubernetes }, now).sinks, [
    { name: 'mine' },
    { name: 'kubernetes', waiting: 2 },
  ])
})

t.test('a picture as the socket answers it', async (t) => {
  const it = pictureOf(scene, now)
  t.match(snapshotOf(JSON.parse(JSON.stringify(it))), {
    state: 'critical',
    machine: 'Some Linux',
    node: 'node1',
  })
  t.notOk('cluster' in it)
  const named = { ...scene, config: { ...scene.config, letterhead: { cluster: 'home' } } }
  t.equal(pictureOf(named, now).cluster, 'home')
  t.match(it.incidents[0]?.fingerprint, /^[0-9a-f]{16}$/)
  t.match(it.collectors, [{ name: 'things', state: 'off' }], 'a collector without an run is switched off')
  t.strictSame(
    it.silences.map(({ id }) => id),
    ['certs'],
    'what is over is not shown',
  )
})

t.test('what is quiet, and what is under maintenance', async (t) => {
  const until = now + 3600_000
  const quiet = (at: number) => (at < until ? { since: 0, until, passes: 'critical' as const } : undefined)
  const window = {
    days: [0, 1, 2, 3, 4, 5, 6],
    from: 3 * 3600_000,
    to: 4 * 3600_000,
    zone: 'UTC',
    what: 'certs',
  }
  const it = { ...scene, postmen: [{ name: 'mine', delivery, quiet }] }
  const config = { ...scene.config, maintenance: [window] }
  t.match(pictureOf({ ...it, config }, now), {
    sinks: [{ name: 'mine', quiet: { until, passes: 'critical' } }],
    silences: [{ what: 'certs' }, { what: 'certs', recurs: true, why: 'maintenance' }],
  })
  const later = pictureOf({ ...it, config }, until)
  t.notOk(later.sinks[0]?.quiet)
  t.strictSame(later.silences, [])
})

t.test('when a sink was last told is known from before the start as well', async (t) => {
  const note = { incident: 'i', severity: 'warning' as const, findings: [], reminded: 0 }
  const told = () => [
    { ...note, at: now - 5 },
    { ...note, at: now - 2, unconfirmed: true as const },
  ]
  t.equal(pictureOf({ ...scene, store: { ...store, told } }, now).sinks[0]?.lastSent, now - 5)
  const later = { ...delivery, state: () => ({ ...delivery.state(), lastSent: now - 1 }) }
  const postmen = [{ name: 'mine', delivery: later }]
  t.equal(pictureOf({ ...scene, store: { ...store, told }, postmen }, now).sinks[0]?.lastSent, now - 1)
})
