import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { parseConfig } from '../../../agent/config/config.ts'
import { type DaemonOptions, startDaemon } from '../../../agent/daemon/daemon.ts'
import { openLog } from '../../../agent/daemon/log.ts'
import { sinks } from '../../../agent/delivery/sinks/index.ts'
import { openMachine } from '../../../agent/host/machine.ts'
import { collector, opaque } from '../../../agent/model/index.ts'
import { openStore } from '../../../agent/state/store.ts'
import { startReceivers } from '../../receivers/index.ts'
import { webhookSecret } from '../../receivers/webhook.ts'
import { cluster } from '../delivery/kubernetes/cluster.ts'
import { rule } from '../findings.ts'

const { server, api } = await cluster(t)
const isSick: { now: boolean } = { now: true }
const sick = opaque(
  collector({
    name: 'things',
    title: 'things',
    every: '* * * * * *',
    timeout: 5000,
    rules: { 'things.broken': rule({ severity: 'critical', title: 'a thing is broken' }) },
    settings: {},
    collect: async () => ({}),
    assess: () =>
      isSick.now ? [{ code: 'things.broken' as const, subject: 'one', text: 'It is broken.' }] : [],
    summary: () => 'a thing',
  }),
)

const start = (folder: string, settings: string, more: Pick<DaemonOptions, 'now'> = {}) =>
  startDaemon({
    config: parseConfig(settings, { file: 'test', collectors: [sick], sinks }),
    ...{ ...more, collectors: [sick], sinks, machine: openMachine(), version: '0' },
    store: openStore(join(folder, 'state'), Date.now()),
    log: openLog({ level: 'error', write: () => undefined }),
    findNodeApi: async () => api,
  })
const conditions = () =>
  Object.fromEntries((server.nodes.get('node1')?.conditions ?? []).map((it) => [it.type, it]))
const until = async (what: string, it: () => boolean) => {
  for (let count = 0; count < 3000 && !it(); count += 1) await sleep(10)
  if (!it()) throw new Error(`not within half a minute: ${what}`)
}

t.test('without being asked for, nothing is read or written', async (t) => {
  const folder = t.testdir({ state: {} })
  const daemon = start(folder, 'kubernetes: { conditions: false }')
  await daemon.ready
  t.same(daemon.snapshot().sinks, [])
  await daemon.stop()
  t.same(server.arrived, [])
})

t.test(
  'from a finding to a condition and an event, and back; a row in the status; the last word',
  async (t) => {
    const folder = t.testdir({ state: {} })
    const daemon = start(folder, 'kubernetes: { conditions: true, events: true }')
    await until('the condition', () => conditions().MurphyThingsProblem?.status === 'True')
    t.match(conditions(), {
      Ready: { status: 'True' },
      MurphyHealthy: {
        status: 'False',
        reason: 'ThingsBroken',
        message: /a thing is broken: It is broken\./,
      },
    })
    await until('the event', () => server.events.size === 1)
    await until('its row', () => daemon.snapshot().sinks[0]?.waiting === 0)
    t.match(daemon.snapshot().sinks, [{ name: 'kubernetes', type: 'kubernetes' }])
    isSick.now = false
    await until('it is cleared', () => conditions().MurphyHealthy?.status === 'True')
    await until('the event of its end', () => server.events.size === 2)
    await daemon.stop()
    t.match(conditions(), { MurphyHealthy: { status: 'Unknown', reason: 'AgentStopped' } })
  },
)

t.test('what a maintenance window silences makes no event, and is a condition all the same', async (t) => {
  const folder = t.testdir({ state: {} })
  const before = server.events.size
  isSick.now = true
  const window = 'maintenance: [{ from: "00:00", to: "24:00", what: things }]'
  const daemon = start(folder, `kubernetes: { conditions: true, events: true }\n${window}`)
  await until('the condition', () => conditions().MurphyThingsProblem?.status === 'True')
  // Otherwise the event is there within a moment of the condition.
  await sleep(1500)
  t.equal(server.events.size, before)
  isSick.now = false
  await daemon.stop()
})

t.test('a refusal becomes a finding of its own, after five minutes and not before', async (t) => {
  const folder = t.testdir({ state: {} })
  server.fault = () => ({ status: 403, body: '{"kind":"Status","message":"no"}' })
  let later = 0
  const daemon = start(folder, 'kubernetes: { conditions: true }', { now: () => Date.now() + later })
  await until('the refusal', () => daemon.snapshot().sinks[0]?.failing !== undefined)
  t.match(daemon.snapshot().sinks, [{ failing: { why: /403: no/ } }])
  const codes = () => daemon.snapshot().incidents.map(({ cause }) => cause.code)
  t.notOk(codes().includes('agent.kubernetes-refused'), 'k3s answers 403 for a moment of each start')
  later = 6 * 60_000
  await until('the finding', () => codes().includes('agent.kubernetes-refused'))
  await daemon.stop()
  server.fault = undefined
})

t.test('an API server that hangs delays nobody else, at no time', async (t) => {
  const receivers = await startReceivers()
  t.teardown(() => receivers.close())
  const folder = t.testdir({ state: {} })
  server.fault = () => 'hang'
  isSick.now = true
  const begun = performance.now()
  const daemon = start(
    folder,
    `kubernetes: { conditions: true, events: true }
sinks: [{ type: webhook, url: "${receivers.webhook.url}", secret: "${webhookSecret}" }]`,
  )
  await daemon.ready
  await until('the webhook', () => receivers.webhook.events.length > 0)
  t.ok(performance.now() - begun < 4500, 'before the API server was given up')
  const stopping = performance.now()
  await daemon.stop()
  t.ok(performance.now() - stopping < 6500, 'and the agent ends')
  server.fault = undefined
})
