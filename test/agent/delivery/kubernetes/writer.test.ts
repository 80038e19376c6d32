import { setTimeout as wait } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Wants } from '../../../../agent/delivery/kubernetes/book.ts'
import type { Picture } from '../../../../agent/delivery/kubernetes/picture.ts'
import { keepNode, type WriterOptions } from '../../../../agent/delivery/kubernetes/writer.ts'
import { type Finding, HostError, type Incident, type NodeApi } from '../../../../agent/model/index.ts'
import { finding, incidentOf as incident } from '../../findings.ts'
import { cluster, door } from './cluster.ts'

const minute = 60_000
const hour = 60 * minute
const start = Date.parse('2026-11-23T03:30:00Z')
const it = await cluster(t)
const { server } = it

const killed = (since: number, more: Partial<Finding> = {}) =>
  incident(
    finding({
      ...{ code: 'memory.oom-killed', subject: 'shop/db-0', severity: 'critical', since },
      ...{ title: 'OOMKilled: shop/db-0', text: 'Its limit is 64 MiB.' },
      ...more,
    }),
  )

/** A writer whose time passes only when it is told to, and a real server that it writes to. */
function world(
  t: Test,
  wants: Wants = { conditions: true, events: true },
  more: Partial<WriterOptions> = {},
) {
  server.arrived.length = 0
  server.fault = undefined
  server.events.clear()
  server.nodes.set('node1', { uid: '5f0c-1', conditions: [{ type: 'Ready', status: 'True' }] })
  let now = start
  let naps = 0
  let picture: Picture | undefined = {
    incidents: [],
    domains: [{ name: 'memory', title: 'memory' }],
    silences: [],
  }
  const sleepers = new Set<{ readonly until: number; wake(): void }>()
  const said: string[] = []
  const turns: boolean[] = []
  const log = (fields: object, text: string) => said.push(`${text} ${JSON.stringify(fields)}`)
  const writer = keepNode({
    ...{ wants, now: () => now, random: () => 0.5, picture: () => picture, log: { info: log, warn: log } },
    find: async () => it.api,
    open: (api: NodeApi) => door({ ...it, api }),
    changed: () => turns.push(writer.state().refused !== undefined),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        naps += 1
        const one = {
          until: now + ms,
          wake() {
            sleepers.delete(one)
            resolve()
          },
        }
        sleepers.add(one)
        signal.addEventListener('abort', one.wake, { once: true })
        if (signal.aborted) one.wake()
      }),
    ...more,
  })
  /** Until it sleeps. */
  const asleep = async () => {
    for (let count = 0; count < 4000 && sleepers.size === 0; count += 1) await wait(5)
    if (sleepers.size === 0) throw new Error('it does not rest')
  }
  t.teardown(() => writer.stop(async () => 'stopped'))
  return {
    ...{ writer, said, turns, asleep },
    now: () => now,
    naps: () => naps,
    async show(...incidents: readonly Incident[]) {
      picture = { incidents, domains: [{ name: 'memory', title: 'memory' }], silences: [] }
      writer.wake()
      await wait(20)
      await asleep()
    },
    hide() {
      picture = undefined
    },
    async pass(ms: number) {
      const end = now + ms
      for (;;) {
        await asleep()
        const next = Math.min(...[...sleepers].map(({ until }) => until))
        if (next > end) break
        now = Math.max(now, next)
        for (const one of [...sleepers]) if (one.until <= now) one.wake()
        await wait(1)
      }
      now = end
    },
    conditions: () =>
      Object.fromEntries((server.nodes.get('node1')?.conditions ?? []).map((one) => [one.type, one])),
    asked: () =>
      server.arrived.map(
        ({ method, path }) =>
          `${method} ${path
            .split('/')
            .at(-1)
            ?.replace(/^node1\..*/, 'EVENT')}`,
      ),
  }
}

t.test('conditions are written, kept, changed and cleared; those of others stay', async (t) => {
  const { asleep, asked, conditions, pass, show, writer, now } = world(t)
  await asleep()
  t.same(asked(), ['GET node1', 'PATCH status'])
  t.match(conditions(), {
    Ready: { status: 'True' },
    MurphyHealthy: { status: 'True', lastHeartbeatTime: '2026-11-23T03:30:00Z' },
    MurphyMemoryProblem: { status: 'False' },
  })
  await pass(11 * minute)
  t.same(asked().length, 4, 'a heartbeat each five minutes, and nothing else')
  t.match(conditions().MurphyHealthy, {
    lastHeartbeatTime: '2026-11-23T03:40:00Z',
    lastTransitionTime: '2026-11-23T03:30:00Z',
  })

  const kill = killed(now())
  await show(kill)
  t.match(conditions(), {
    MurphyHealthy: { status: 'False', reason: 'MemoryOomKilled', lastTransitionTime: '2026-11-23T03:41:00Z' },
    MurphyMemoryProblem: { status: 'True', message: /OOMKilled: shop\/db-0: Its limit is 64 MiB\./ },
  })
  t.match(
    [...server.events.values()],
    [{ reason: 'MemoryOomKilled', type: 'Warning', involvedObject: { uid: '5f0c-1' } }],
  )
  await pass(minute)
  await show(incident({ ...kill.cause, resolved: now() }))
  t.match(conditions(), {
    MurphyHealthy: { status: 'True' },
    MurphyMemoryProblem: { status: 'False', reason: 'NoProblem' },
  })
  t.equal(server.events.size, 2)
  t.match(writer.state(), { name: 'kubernetes', type: 'kubernetes', waiting: 0, lastSent: now() })
  t.notOk(writer.state().failing)
})

t.test('before every check has looked once nothing is written', async (t) => {
  const { hide, pass, asked, writer } = world(t, undefined, { find: async () => it.api })
  hide()
  writer.wake()
  await pass(30 * minute)
  t.same(asked(), [])
})

t.test('refused: said once, asked less and less often, taken up again when allowed', async (t) => {
  const { asleep, asked, pass, said, show, turns, writer, now } = world(t)
  server.fault = ({ method, path }) =>
    method === 'PATCH' && path.endsWith('/status')
      ? {
          status: 403,
          body: JSON.stringify({
            kind: 'Status',
            reason: 'Forbidden',
            message: 'nodes "node1" is forbidden',
          }),
        }
      : undefined
  await asleep()
  await pass(24 * hour)
  const refusals = asked().filter((one) => one === 'PATCH status').length
  t.ok(refusals > 5 && refusals < 40, `${refusals} in a day`)
  t.equal(said.filter((one) => one.includes('403')).length, 1, 'one line in the log')
  t.match(writer.state(), {
    failing: { since: start, why: /answered 403: nodes "node1" is forbidden/ },
    refused: { since: start },
  })
  await show(killed(now()))
  t.equal(server.events.size, 1, 'events go on')
  server.fault = undefined
  await pass(hour)
  t.equal(writer.state().failing, undefined)
  t.match([turns[0], turns.at(-1)], [true, false])
  t.match(said.at(-1), /takes what is written again/)
})

t.test('a refusal that outlives what it was about keeps nobody busy', async (t) => {
  const { asleep, naps, pass, show, now } = world(t)
  await asleep()
  server.fault = ({ path }) => (/\/events/.test(path) ? { status: 403, body: '{}' } : undefined)
  await show(killed(now()))
  await show()
  await pass(minute)
  const before = naps()
  await pass(10 * minute)
  t.ok(naps() - before < 30, `${naps() - before} naps in ten minutes`)
})

t.test('a Node that can be read and not be written is asked less and less often', async (t) => {
  const { asked, asleep, pass } = world(t)
  server.fault = ({ method }) => (method === 'PATCH' ? { status: 404, body: '{}' } : undefined)
  await asleep()
  await pass(hour)
  const tries = asked().filter((one) => one === 'PATCH status').length
  t.ok(tries > 5 && tries < 30, `${tries} tries in an hour`)
})

t.test('out of reach, starting, too many: calm, and nothing is lost', async (t) => {
  const { asleep, asked, pass, said, show, conditions, writer, now } = world(t)
  await asleep()
  server.arrived.length = 0
  server.fault = () => ({ status: 503, body: '{"kind":"Status","message":"starting"}' })
  await show(killed(now()))
  await pass(hour - minute)
  t.ok(asked().length >= 10 && asked().length <= 30, `${asked().length} tries in an hour`)
  t.match(writer.state(), { failing: { why: /503: starting/ }, waiting: 1 })
  t.equal(writer.state().refused, undefined, 'out of reach is not refused')
  server.arrived.length = 0
  server.fault = () => ({ status: 429, headers: { 'retry-after': '1200' }, body: '{}' })
  await pass(40 * minute)
  t.ok(asked().length <= 3, `${asked().length}: what the server asks for is kept to`)
  server.fault = undefined
  await show(killed(now()))
  await pass(21 * minute)
  t.match(conditions().MurphyHealthy, { status: 'False', reason: 'MemoryOomKilled' })
  t.equal(server.events.size, 1)
  t.equal(writer.state().failing, undefined)
  t.ok(said.length <= 4, said.join('\n'))
})

t.test('a Node that is deleted and registered anew gets its conditions again', async (t) => {
  const { asleep, pass, conditions, writer } = world(t)
  await asleep()
  server.nodes.delete('node1')
  await pass(10 * minute)
  t.match(writer.state().failing, { why: /404: nodes "node1" not found/ })
  server.nodes.set('node1', { uid: '5f0c-9', conditions: [] })
  await pass(5 * minute)
  t.match(conditions().MurphyHealthy, { status: 'True' })
})

t.test('no k3s, or one that comes later', async (t) => {
  let isThere: boolean = false
  const find = async () => {
    if (!isThere) throw new HostError('missing', 'there is no k3s on this node')
    return it.api
  }
  const { asleep, pass, asked, writer } = world(t, undefined, { find })
  await asleep()
  t.match(writer.state().failing, { why: 'there is no k3s on this node' })
  await pass(20 * minute)
  t.same(asked(), [])
  isThere = true
  await pass(6 * minute)
  t.match(asked().slice(0, 2), ['GET node1', 'PATCH status'])
})

t.test('the last word: stopped, or the node goes down by order', async (t) => {
  const one = world(t)
  await one.asleep()
  await one.writer.stop(async () => 'stopped')
  t.match(one.conditions(), {
    Ready: { status: 'True' },
    MurphyHealthy: { status: 'Unknown', reason: 'AgentStopped' },
    MurphyMemoryProblem: { status: 'Unknown', reason: 'AgentStopped' },
  })
  const two = world(t)
  await two.show(killed(two.now()))
  await two.writer.stop(async () => 'reboot')
  t.match(two.conditions(), {
    MurphyHealthy: {
      status: 'Unknown',
      reason: 'NodeRebooting',
      message: /Before: critical since 03:30 UTC: OOMKilled/,
    },
    MurphyMemoryProblem: { status: 'True', reason: 'MemoryOomKilled' },
  })
  t.ok([...server.events.values()].some((event) => event.reason === 'NodeRebooting'))
})

t.test('a node whose journal takes its time says all the same why it goes', async (t) => {
  const slow = world(t)
  await slow.asleep()
  await slow.writer.stop(() => wait(1500, 'reboot'))
  t.match(slow.conditions(), { MurphyHealthy: { reason: 'NodeRebooting' } })
})

t.test('the last word takes three seconds at most, whatever hangs', async (t) => {
  const hangs = world(t)
  await hangs.asleep()
  server.fault = () => 'hang'
  let begun = performance.now()
  await hangs.writer.stop(async () => 'stopped')
  t.ok(performance.now() - begun < 4500, 'the API hangs')
  const asks = world(t)
  await asks.asleep()
  begun = performance.now()
  await asks.writer.stop(() => new Promise(() => undefined))
  t.ok(performance.now() - begun < 4500, 'systemd hangs')
  server.fault = () => 'hang'
  const busy = world(t)
  server.fault = () => 'hang'
  await wait(50)
  begun = performance.now()
  await busy.writer.stop(async () => 'stopped')
  t.ok(performance.now() - begun < 4500, 'a request is under way')
  t.notOk(busy.conditions().MurphyHealthy, 'what never wrote has no last word')
})
