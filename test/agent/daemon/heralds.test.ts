import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { type HeraldOptions, herald } from '../../../agent/daemon/heralds.ts'
import { letterTally } from '../../../agent/delivery/counted.ts'
import { alertmanager } from '../../../agent/delivery/sinks/alertmanager.ts'
import type { Incident, Sample } from '../../../agent/model/index.ts'
import { alertmanagerReceiver } from '../../receivers/alertmanager.ts'
import { finding } from '../findings.ts'

const until = async (it: () => boolean) => {
  for (let left = 600; left > 0 && !it(); left -= 1) await sleep(10)
}
const incidentOf = (code: string, subject = 'node', more = {}): Incident => {
  const cause = finding({ code, subject, severity: 'critical', ...more })
  return {
    id: cause.id,
    cause,
    affected: [],
    severity: 'critical',
    since: 0,
    notifyAt: 0,
    fix: [],
    avoid: [],
  }
}

function opened(
  t: Test,
  urls: readonly string[],
  kept: Map<string, unknown>,
  more: Partial<HeraldOptions> = {},
) {
  let turned = 0
  const it = { name: 'am', type: 'alertmanager', min: 'warning' as const, keepOpen: true, unread: [] }
  const delivery = herald({ ...it, settings: { urls } }, alertmanager as never, {
    config: { node: 'node1', letterhead: { cluster: 'home' } },
    store: {
      silences: () => [],
      sample: (name) => (kept.has(name) ? { sample: kept.get(name) as Sample, at: 0 } : undefined),
      saveSample: (name, sample) => void kept.set(name, JSON.parse(JSON.stringify(sample))),
    },
    log: { debug() {}, info() {}, warn() {}, error() {} },
    ...{ now: Date.now, started: Date.now(), tally: letterTally(), turned: () => void turned++ },
    incidents: () => [incidentOf('a.b')],
    ...more,
  })
  t.teardown(() => delivery.stop())
  return { delivery, turned: () => turned }
}

t.test('what is open, and a watchdog for as long as every check runs', async (t) => {
  const receiver = await alertmanagerReceiver()
  t.teardown(() => receiver.close())
  opened(t, [receiver.url], new Map())
  await until(() => receiver.firing().length === 2)
  t.strictSame(
    receiver
      .firing()
      .map(({ labels }) => labels.alertname)
      .sort(),
    ['AB', 'MurphyWatchdog'],
  )
  t.match(receiver.firing().find(({ labels }) => labels.alertname === 'MurphyWatchdog')?.labels, {
    ...{ node: 'node1', cluster: 'home', severity: 'none' },
  })
  const other = await alertmanagerReceiver()
  t.teardown(() => other.close())
  opened(t, [other.url], new Map(), { isWatching: () => false })
  await until(() => other.firing().length === 1)
  t.strictSame(
    other.firing().map(({ labels }) => labels.alertname),
    ['AB'],
  )
})

t.test('what was told is kept before it is told, and ended by the agent after this one', async (t) => {
  const receiver = await alertmanagerReceiver()
  t.teardown(() => receiver.close())
  const kept = new Map<string, unknown>()
  receiver.fault = () => {
    t.match(kept.get('@told/am'), { stated: [{ labels: { alertname: 'AB' } }] })
    return undefined
  }
  const first = opened(t, [receiver.url], kept)
  await until(() => receiver.firing().length === 2)
  const [before] = receiver.firing()
  await first.delivery.stop()
  let incidents: readonly Incident[] | undefined
  const second = opened(t, [receiver.url], kept, { incidents: () => incidents })
  const told = receiver.arrived.length
  await sleep(50)
  t.equal(receiver.arrived.length, told, 'nothing is said while not everything has been looked at')
  incidents = [incidentOf('a.b')]
  second.delivery.wake()
  await until(() => receiver.arrived.length > told + 1)
  t.equal(receiver.firing()[0]?.startsAt, before?.startsAt, 'it began when it was first told')
  incidents = []
  second.delivery.wake()
  await until(() => receiver.firing().length === 1)
  t.strictSame(
    receiver.firing().map(({ labels }) => labels.alertname),
    ['MurphyWatchdog'],
  )
})

t.test('what ended while nobody answered is ended by whoever answers again', async (t) => {
  const receiver = await alertmanagerReceiver()
  t.teardown(() => receiver.close())
  let passed = 0
  let incidents: readonly Incident[] = [incidentOf('a.b')]
  const now = () => Date.now() + passed
  const { delivery } = opened(t, [receiver.url], new Map(), { incidents: () => incidents, now })
  await until(() => receiver.firing().length === 2)
  receiver.fault = () => ({ status: 503 })
  incidents = []
  delivery.wake()
  await until(() => delivery.state().failing !== undefined)
  passed = 40 * 60_000
  receiver.fault = undefined
  await until(() => receiver.firing().length === 1)
  t.strictSame(
    receiver.firing().map(({ labels }) => labels.alertname),
    ['MurphyWatchdog'],
  )
})

t.test('a sink is not told of itself; that it fails is said once', async (t) => {
  const receiver = await alertmanagerReceiver()
  t.teardown(() => receiver.close())
  const incidents = () => [incidentOf('agent.sink-failing', 'am'), incidentOf('agent.sink-failing', 'other')]
  opened(t, [receiver.url], new Map(), { incidents })
  await until(() => receiver.firing().length === 2)
  t.strictSame(
    receiver.firing().flatMap(({ labels }) => labels.subject ?? []),
    ['other'],
  )
  const failing = opened(t, ['http://127.0.0.1:9'], new Map())
  await until(() => (failing.delivery.state().failing?.tries ?? 0) >= 2)
  t.equal(failing.turned(), 1)
})
