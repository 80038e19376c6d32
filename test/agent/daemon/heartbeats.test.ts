import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { parseConfig } from '../../../agent/config/config.ts'
import { startDaemon } from '../../../agent/daemon/daemon.ts'
import { openHeartbeats } from '../../../agent/daemon/heartbeats.ts'
import { openLog } from '../../../agent/daemon/log.ts'
import { sinks } from '../../../agent/delivery/sinks/index.ts'
import { openMachine } from '../../../agent/host/machine.ts'
import { type Host, opaque } from '../../../agent/model/index.ts'
import { openStore } from '../../../agent/state/store.ts'
import { healthchecksReceiver } from '../../receivers/healthchecks.ts'
import { kumaReceiver } from '../../receivers/kuma.ts'
import { webhookReceiver, webhookSecret } from '../../receivers/webhook.ts'
import { settings } from '../delivery/heartbeats/beats.ts'
import { now, picture, things } from '../small.ts'

const minute = 60_000
const sample = { sample: {} }
const round = { collector: 'things', at: now, took: 5, observations: [], rules: {}, unseen: [] }
const space = { size: 1e9, available: 1e8, inodes: 9, inodesFree: 9 }

/** Heartbeats of an agent with one collector and one sink, of which each part can be made to fail. */
function beating(
  t: { teardown(it: () => unknown): unknown },
  url: string,
  report: 'alive' | 'critical' = 'alive',
) {
  const world = {
    elapsed: 0,
    lives: true,
    late: false,
    problem: undefined as string | undefined,
    space: { ...space },
    turned: 0,
  }
  const log = { info: () => undefined, warn: () => undefined }
  const type = url.includes('push') ? 'kuma' : 'healthchecks'
  const heart = { name: 'switch', every: 200, start: false, settings: settings({ type, url, report }) }
  const host = { space: async () => world.space } as Partial<Host> as Host
  const it = openHeartbeats({
    config: { heartbeats: [{ ...heart, unread: [], forms: {} }], stateDir: '/state' },
    runs: [{ collector: things, isLate: () => world.late }],
    postmen: [
      {
        name: 'ops',
        delivery: {
          wake() {},
          stop: async () => {},
          lives: () => world.lives,
          state: () => ({ name: 'ops', type: 'ntfy', waiting: 0 }),
        },
      },
    ],
    machine: { during: () => host },
    store: { problem: () => world.problem },
    snapshot: () => picture,
    log: log as never,
    now: Date.now,
    turned: () => {
      world.turned += 1
    },
    elapsed: () => world.elapsed,
  })
  t.teardown(() => it.stop())
  return { it, world }
}

async function until(what: string, is: () => boolean): Promise<void> {
  for (let count = 0; count < 1_000 && !is(); count += 1) await pause(5)
  if (!is()) throw new Error(`not within 5 s: ${what}`)
}

t.test('only while every part of Murphy works', async (t) => {
  const receiver = await kumaReceiver()
  t.teardown(() => receiver.close())
  const { it, world } = beating(t, receiver.url)
  const held = () => it.state()[0]?.held
  /** What stops it, and that it goes on afterwards. */
  const stops = async (why: RegExp, breaks: () => void, mends: () => void) => {
    breaks()
    await until(`held: ${why}`, () => why.test(held() ?? ''))
    const before = receiver.beats.length
    await pause(450)
    t.equal(receiver.beats.length, before, `silent: ${held()}`)
    mends()
    await until('it goes on', () => receiver.beats.length > before)
  }
  await stops(
    /things has completed no round yet/,
    () => undefined,
    () => it.completed({ ...round, ...sample }),
  )
  await stops(
    /things has completed no round for 2 min/,
    () => {
      world.elapsed += 2 * minute
      world.late = true
    },
    () => {
      world.late = false
    },
  )
  await stops(
    /the worker of sink ops does not go on/,
    () => {
      world.lives = false
    },
    () => {
      world.lives = true
    },
  )
  await stops(
    /the disk of the state is full/,
    () => {
      world.space.available = 0
    },
    () => {
      world.space.available = space.available
    },
  )
  await stops(
    /cannot be written/,
    () => {
      world.problem = 'the state cannot be written'
    },
    () => {
      world.problem = undefined
    },
  )
  world.elapsed += 10 * minute
  it.completed(round)
  await pause(300)
  t.notOk(held(), 'a round that sees nothing is no end for five minutes, after a long pause too')
  world.elapsed += 4 * minute
  it.completed(round)
  await pause(300)
  t.notOk(held(), 'nor is another one')
  world.elapsed -= 4 * minute
  await stops(
    /things has completed no round for 17 min/,
    () => {
      world.elapsed += 5 * minute + 1
    },
    () => it.completed({ ...round, ...sample }),
  )
})

t.test('an open incident stops nothing, and makes it fail only where that is wanted', async (t) => {
  const receiver = await healthchecksReceiver()
  t.teardown(() => receiver.close())
  for (const [report, kind] of [
    ['alive', 'success'],
    ['critical', 'fail'],
  ] as const) {
    const { it } = beating(t, receiver.url, report)
    it.completed({ ...round, ...sample })
    const before = receiver.pings.length
    await until('a ping', () => receiver.pings.length > before)
    t.match(receiver.pings.at(-1), { kind, body: 'node1: critical: the firewall was flushed' })
    await it.stop()
  }
})

t.test('that it fails is noticed by whoever judges', async (t) => {
  const receiver = await kumaReceiver()
  t.teardown(() => receiver.close())
  const { it, world } = beating(t, `${receiver.url}x`)
  it.completed({ ...round, ...sample })
  await until('it fails', () => world.turned === 1)
  t.match(it.state()[0]?.failing?.why, /Monitor not found/)
})

t.test('one that fails for long is a finding of Murphy’s own, which the sinks get', async (t) => {
  const receivers = [await kumaReceiver(), await webhookReceiver({ secret: webhookSecret })] as const
  const [kuma, hook] = receivers
  t.teardown(() => Promise.all(receivers.map((it) => it.close())))
  const folder = t.testdir({})
  const text = `node: node1
state_dir: ${folder}
sinks:
  - { type: webhook, url: "${hook.url}", secret: "${webhookSecret}" }
heartbeats:
  - { name: switch, url: "${kuma.url}x", every_seconds: 2 }
`
  const collectors = [opaque(things)]
  let shift = 0
  const daemon = startDaemon({
    ...{ config: parseConfig(text, { file: 'test', collectors, sinks }), collectors, sinks, version: '0' },
    ...{ machine: openMachine(), store: openStore(folder, Date.now()), now: () => Date.now() + shift },
    log: openLog({ level: 'error', write: () => undefined }),
  })
  t.teardown(() => daemon.stop())
  await daemon.ready
  await until('it fails', () => daemon.snapshot().heartbeats?.[0]?.failing !== undefined)
  // The receiver takes what is at most five minutes off.
  shift = 4.5 * minute
  daemon.silence({ id: 'x', what: 'x', since: 0, until: 0 })
  await pause(300)
  t.equal(hook.events.length, 0, 'not yet')
  shift = 5 * minute + 10
  hook.fault = (request) => (request.headers['webhook-id'] ? { status: 204 } : undefined)
  daemon.silence({ id: 'x', what: 'x', since: 0, until: 0 })
  await until('it is sent', () => hook.arrived.length > 0)
  t.match(JSON.parse(hook.arrived[0]?.body ?? ''), {
    type: 'incident.opened',
    title: 'node1: switch failing',
    data: {
      incident: { severity: 'warning', cause: { code: 'agent.heartbeat-failing', subject: 'switch' } },
    },
  })
  t.notMatch(hook.arrived[0]?.body, /wKcFl3/)
  t.match(hook.arrived[0]?.body, /Monitor not found/)
})
