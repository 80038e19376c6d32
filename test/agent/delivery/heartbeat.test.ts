import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { type HeartbeatOptions, openHeartbeat } from '../../../agent/delivery/heartbeat.ts'
import { healthchecksReceiver } from '../../receivers/healthchecks.ts'
import { kumaReceiver } from '../../receivers/kuma.ts'
import { beat, settings } from './heartbeats/beats.ts'

/** A heartbeat to that address, with what it logged. */
function beating(t: Test, to: HeartbeatOptions['settings'], more: Partial<HeartbeatOptions> = {}) {
  const logged: string[] = []
  const log = (fields: object, text: string) => void logged.push(`${text} ${JSON.stringify(fields)}`)
  const it = openHeartbeat({
    ...{ name: 'switch', every: 200, start: false, settings: to },
    ...{ beat: async (kind) => beat({ kind }), log: { info: log, warn: log }, random: () => 0 },
    ...more,
  })
  t.teardown(() => it.stop())
  return { ...it, state: () => it.state(), stop: () => it.stop(), logged }
}

async function until(what: () => boolean, most = 5_000): Promise<void> {
  for (const end = performance.now() + most; !what(); await pause(5))
    if (performance.now() > end) throw new Error(`not so within ${most} ms: ${what}`)
}

const gaps = (all: readonly { readonly at: number }[]) =>
  all.slice(1).map(({ at }, index) => at - (all[index]?.at ?? 0))

t.test('at once, and then once in each period', async (t) => {
  const receiver = await kumaReceiver()
  t.teardown(() => receiver.close())
  const begun = Date.now()
  const { state, logged } = beating(t, settings({ type: 'kuma', url: receiver.url }), { every: 1_000 })
  await until(() => receiver.beats.length >= 5, 15_000)
  t.ok((receiver.beats[0]?.at ?? 0) - begun < 900, 'the first one at once')
  const mean = gaps(receiver.beats).reduce((sum, it) => sum + it, 0) / (receiver.beats.length - 1)
  t.ok(mean > 800 && mean < 1_500, `${gaps(receiver.beats)}`)
  t.match(state(), { name: 'switch', type: 'kuma', every: 1_000 })
  t.ok(Date.now() - (state().lastSent ?? 0) < 2_500)
  t.notOk(state().failing || state().held)
  t.equal(logged.length, 1, 'that all is well is said once')
})

t.test('tries of one period never make the next one late', async (t) => {
  const receiver = await kumaReceiver()
  t.teardown(() => receiver.close())
  let turned = 0
  const { state, logged } = beating(t, settings({ type: 'kuma', url: receiver.url }), {
    every: 3_000,
    changed() {
      turned += 1
    },
  })
  await until(() => receiver.beats.length === 1)
  const begun = receiver.arrived[0]?.at ?? 0
  receiver.fault = () => ({ status: 503, body: '' })
  await until(() => state().failing !== undefined, 7_000)
  t.equal(turned, 1)
  t.match(state().failing, { why: '127.0.0.1: answered 503', tries: 1 })
  const [, first, second, third] = receiver.arrived.map(({ at }) => at - begun)
  t.ok(Math.abs((first ?? 0) - 3_000) < 900, `its period: ${first}`)
  t.ok((second ?? 0) - (first ?? 0) >= 950, `tried again: ${second}`)
  t.equal(third, undefined, 'a third try would not have ended in time')
  receiver.fault = undefined
  await until(() => receiver.beats.length === 2, 4_000)
  const late = (receiver.beats[1]?.at ?? 0) - begun - 6_000
  t.ok(late > -900 && late < 1_500, `by the clock, ${late} ms late`)
  await until(() => state().failing === undefined)
  t.equal(turned, 2)
  t.notMatch(logged.join(), /wKcFl3/)
})

t.test('a service that takes its time, or asks for it, is asked again all the same', async (t) => {
  const receiver = await kumaReceiver()
  t.teardown(() => receiver.close())
  receiver.fault = () => 'hang'
  const begun = performance.now()
  const { state } = beating(t, settings({ type: 'kuma', url: receiver.url }))
  await until(() => receiver.arrived.length >= 8, 15_000)
  const periods = (performance.now() - begun) / 200
  t.ok(receiver.arrived.length <= periods + 2, `${receiver.arrived.length} in ${periods} periods`)
  t.match(state().failing?.why, /did not answer in time/)
  receiver.fault = () => ({ status: 429, headers: { 'retry-after': '3600' }, body: '' })
  await until(() => (state().failing?.next ?? 0) - Date.now() > 60_000)
  t.ok((state().failing?.next ?? 0) - Date.now() <= 300_000, 'an hour is too long')
})

t.test('while Murphy does not work it is silent, and says why', async (t) => {
  const receiver = await kumaReceiver()
  t.teardown(() => receiver.close())
  let held: string | undefined = 'certs has completed no round yet'
  const { state, logged } = beating(t, settings({ type: 'kuma', url: receiver.url }), {
    beat: async (kind) => (held === undefined ? beat({ kind }) : { held }),
  })
  await pause(600)
  t.equal(receiver.arrived.length, 0)
  t.equal(state().held, held)
  t.strictSame(logged, [], 'a start is nothing to be logged')
  held = undefined
  await until(() => receiver.beats.length > 0)
  t.notOk(state().held)
  held = 'the disk of the state is full'
  await until(() => state().held !== undefined)
  const before = receiver.arrived.length
  await pause(600)
  t.equal(receiver.arrived.length, before)
  t.match(logged.at(-1), /no heartbeat is sent.*the disk of the state is full/)
  t.equal(logged.length, 2)
})

t.test('a start and a stop, where the service has words for them', async (t) => {
  const receiver = await healthchecksReceiver()
  t.teardown(() => receiver.close())
  const { stop } = beating(t, settings({ type: 'healthchecks', url: receiver.url }), {
    ...{ start: true, every: 60_000 },
  })
  await until(() => receiver.pings.length === 2)
  await stop()
  t.strictSame(
    receiver.pings.map(({ kind }) => kind),
    ['start', 'success', 'log'],
  )
  t.equal(receiver.state(), 'up', 'the alarm comes by silence')
})

t.test('a service that does not answer holds up no end', async (t) => {
  const receiver = await healthchecksReceiver()
  t.teardown(() => receiver.close())
  const { stop } = beating(t, settings({ type: 'healthchecks', url: receiver.url }), { every: 60_000 })
  await until(() => receiver.pings.length === 1)
  receiver.fault = () => 'hang'
  const begun = performance.now()
  await stop()
  t.ok(performance.now() - begun < 4_000)
})

t.test('a fault of its own ends nothing', async (t) => {
  const receiver = await kumaReceiver()
  t.teardown(() => receiver.close())
  let asked = 0
  const { logged } = beating(t, settings({ type: 'kuma', url: receiver.url }), {
    async beat(kind) {
      asked += 1
      if (asked === 1) throw new Error(`a mistake with ${receiver.url}`)
      return beat({ kind })
    },
  })
  await until(() => receiver.beats.length > 0)
  t.match(logged[0], /failed unexpectedly.*a mistake with <hidden>/)
})
