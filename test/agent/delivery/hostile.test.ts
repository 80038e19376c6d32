import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import type { DeliverOptions, Delivery } from '../../../agent/delivery/delivery.ts'
import { openPost } from '../../../agent/delivery/post.ts'
import { deliver } from '../../../agent/delivery/postman.ts'
import { longestWait } from '../../../agent/delivery/retry.ts'
import { discord } from '../../../agent/delivery/sinks/discord.ts'
import { ntfy } from '../../../agent/delivery/sinks/ntfy.ts'
import { webhook } from '../../../agent/delivery/sinks/webhook.ts'
import type { Notice, Sink } from '../../../agent/model/index.ts'
import { answer, hostileServer, type Reply, replies, untimely } from '../../receivers/hostile.ts'
import { incident, notice } from '../../receivers/notices.ts'
import { localSettings, messengers, secret as workingSecret } from '../../receivers/settings.ts'
import { chances } from '../api/requests.ts'

const secret = 'wE6hook-token_AbCdEf0123456789'
const kinds = (port: number): readonly (readonly [Sink, DeliverOptions['settings']])[] => [
  [discord, { url: `http://127.0.0.1:${port}/api/webhooks/123456789012345678/${secret}` }],
  [ntfy, { url: `http://127.0.0.1:${port}/${secret}`, token: `tk_${secret}` }],
  [webhook, { url: `http://127.0.0.1:${port}/${secret}`, secret }],
  ...messengers
    .filter(({ name }) => !['discord', 'ntfy', 'webhook', 'email'].includes(name))
    .map((it) => [it, withSecret(localSettings(it, port))] as const),
]
const withSecret = (settings: DeliverOptions['settings']) =>
  JSON.parse(JSON.stringify(settings).replaceAll(workingSecret, secret)) as DeliverOptions['settings']
const opened = (index: number) => notice('opened', incident({ id: `i${index}` }), `opened_${index}`)

/** What this server says to a letter, as the postman understands it; and whether all of it stays within its bounds. */
async function sent(
  t: {
    ok(is: boolean, text: string): unknown
    match(is: string, like: RegExp, text: string): unknown
    notMatch(is: string, like: RegExp, text: string): unknown
  },
  reply: Reply,
  name: string,
  timeout = 400,
) {
  const server = await hostileServer()
  server.reply = reply
  const outcomes: string[] = []
  for (const [sink, settings] of kinds(server.port)) {
    const post = openPost({ sink, settings, timeout, env: {} })
    const [letter] = sink.compose(opened(0), settings)
    const started = performance.now()
    const it = letter && (await post.send(letter))
    await post.close()
    t.ok(performance.now() - started < timeout + 5000, `${name}: ${sink.name}: ends`)
    if (!it) throw new Error('no letter')
    outcomes.push(it.reading.outcome)
    t.ok(it.rest >= 0 && it.rest <= longestWait && Number.isInteger(it.rest), `${name}: a rest of ${it.rest}`)
    if (it.reading.outcome === 'accepted') continue
    t.match(
      it.reading.why,
      /^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e]{1,240}$/,
      `${name}: ${sink.name}: a line`,
    )
    t.notMatch(it.reading.why, /AbCdEf|12345678/, `${name}: no secret`)
    const { wait = 0 } = it.reading.outcome === 'again' ? it.reading : {}
    t.ok(wait >= 0 && wait <= longestWait && Number.isInteger(wait), `${name}: a wait of ${wait}`)
  }
  await server.close()
  return outcomes
}

t.test('whatever a server does, a letter ends, and says something bounded', async (t) => {
  for (const [name, reply] of Object.entries(replies)) {
    const outcomes = await sent(t, reply, name)
    for (const it of outcomes) t.ok(it === 'again' || it === 'refused', `${name}: ${it}`)
    // What is not the service's own says nothing of the address.
    t.strictSame(outcomes.slice(0, 2).includes('gone'), false, name)
  }
})

t.test('a proxy between refuses no letter of Discord or ntfy', async (t) => {
  for (const name of Object.keys(replies).filter(
    (it) => it.includes('of a proxy') || it.includes('redirect'),
  ))
    t.strictSame((await sent(t, replies[name] as Reply, name)).slice(0, 2), ['again', 'again'], name)
})

t.test('times nobody should wait, in every place', async (t) => {
  const chance = chances(9)
  for (let round = 0; round < 80; round += 1) await sent(t, untimely(chance), `round ${round}`, 3000)
})

t.test('a secret is not in what a server says back, wherever it is cut', async (t) => {
  for (let before = 0; before < 320; before += 20) {
    const said = `${'-'.repeat(before)}${secret} tk_${secret}`
    const reply = answer(400, {}, JSON.stringify({ code: 1, message: said, error: said }))
    await sent(t, reply, `behind ${before}`)
  }
})

t.test('nor are the credentials of the request, which are written otherwise there', async (t) => {
  const server = await hostileServer()
  t.teardown(() => server.close())
  const basic = Buffer.from(`phil:${secret}`).toString('base64')
  server.reply = answer(400, {}, JSON.stringify({ code: 1, error: `Basic ${basic} is too long` }))
  const settings = { url: `http://127.0.0.1:${server.port}/topic`, user: 'phil', password: secret }
  const post = openPost({ sink: ntfy, settings, env: {} })
  const [letter] = ntfy.compose(opened(0), settings)
  t.match(letter && (await post.send(letter)).reading, { why: /\(1: Basic <hidden> is too long\)$/ })
  await post.close()
})

/** A sink with a clock of its own: pauses pass at once, and the clock goes on by them. */
function book(sink: Sink, settings: object, more: Partial<DeliverOptions> = {}) {
  const due: Notice[] = []
  const noted: string[] = []
  const logged: string[] = []
  const pauses: number[] = []
  let time = Date.now()
  const log = (fields: object, text: string) => void logged.push(`${text} ${JSON.stringify(fields)}`)
  const delivery: Delivery = deliver({
    sink,
    settings: settings as DeliverOptions['settings'],
    name: 'mine',
    plan: () => [...due],
    receipt: () => undefined,
    note(it) {
      noted.push(it.id)
      due.splice(
        due.findIndex(({ id }) => id === it.id),
        1,
      )
    },
    log: { info: log, warn: log },
    now: () => time,
    async sleep(ms, signal) {
      pauses.push(ms)
      // Idle: nothing goes on before somebody wakes it.
      if (due.length === 0)
        return new Promise<void>((resolve) =>
          signal.addEventListener('abort', () => resolve(), { once: true }),
        )
      time += ms
      await wait(1)
    },
    timeout: 3000,
    ...more,
  })
  t.teardown(() => delivery.stop())
  return {
    delivery,
    due,
    noted,
    logged,
    pauses,
    passed: (ms: number) => {
      time += ms
      delivery.wake()
    },
    now: () => time,
    tell(...notices: Notice[]) {
      due.push(...notices)
      delivery.wake()
    },
  }
}

async function until(what: () => boolean, ms = 10_000): Promise<void> {
  const end = Date.now() + ms
  while (!what()) {
    if (Date.now() > end) throw new Error(`still not so: ${what}`)
    await wait(5)
  }
}

t.test('no answer silences a sink for more than an hour, or loses what is due', async (t) => {
  const well: Readonly<Record<string, Reply>> = {
    discord: answer(200, {}, '{"id":"1"}'),
    ntfy: answer(200, {}, '{"id":"x"}'),
    telegram: answer(200, {}, '{"ok":true,"result":{"message_id":1}}'),
    slack: answer(200, {}, 'ok'),
    matrix: answer(200, {}, '{"event_id":"$1:x"}'),
    gotify: answer(200, {}, '{"id":1}'),
    apprise: answer(200, {}, '{"error":null}'),
    webhook: answer(204),
  }
  const bad: Readonly<Record<string, Reply>> = {
    'a rest of 11,574 days': answer(
      200,
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset-after': '1e9' },
      '{"id":"1"}',
    ),
    'a pause of 31,709 years': answer(429, { 'retry-after': '999999999999' }, '{"retry_after":1e300}'),
    'a date in the year 9999': answer(503, { 'retry-after': 'Fri, 31 Dec 9999 23:59:59 GMT' }),
    'gone, says Discord': answer(404, {}, '{"code":10015,"message":"Unknown Webhook"}'),
    'no token, says Discord': answer(401, {}, '{"code":50027,"message":"Invalid Webhook Token"}'),
    'no entry, says ntfy': answer(403, {}, '{"code":40301,"http":403,"error":"forbidden"}'),
    gone: answer(410),
    'a 404 of a proxy': replies['a 404 of a proxy'] as Reply,
    'a 401 of a proxy': replies['a 401 of a proxy'] as Reply,
  }
  for (const [name, reply] of Object.entries(bad)) {
    const server = await hostileServer()
    const healthy = await hostileServer()
    healthy.reply = answer(204)
    for (const [sink, settings] of kinds(server.port)) {
      const begun = server.arrived()
      server.reply = reply
      const other = book(webhook, { url: `http://127.0.0.1:${healthy.port}/x` })
      let asked = 0
      // From the fourth letter on it is well again.
      const it = book(sink, settings, {
        receipt() {
          asked += 1
          if (asked > 3) server.reply = well[sink.name] as Reply
          return undefined
        },
      })
      const start = it.now()
      it.tell(...[0, 1, 2, 3, 4].map(opened))
      other.tell(...[0, 1, 2, 3, 4].map(opened))
      await until(() => it.noted.length === 5)
      await until(() => other.noted.length === 5)
      t.equal(it.delivery.state().gone, undefined, `${name}: ${sink.name}: well again`)
      t.ok(it.now() - start <= 6 * longestWait, `${name}: ${sink.name}: an hour each at most`)
      t.strictSame(
        it.noted.toSorted((a, b) => a.localeCompare(b)),
        [0, 1, 2, 3, 4].map((at) => `opened_${at}`),
      )
      t.ok(server.arrived() - begun <= 12, 'nor was it asked without a pause')
      t.notMatch(JSON.stringify(it.logged), /AbCdEf/)
      await Promise.all([it.delivery.stop(), other.delivery.stop()])
    }
    await Promise.all([server.close(), healthy.close()])
  }
})

t.test('a long rest is a failure that is shown, a short one is not', async (t) => {
  const server = await hostileServer()
  t.teardown(() => server.close())
  const [[sink, settings] = [discord, {}]] = kinds(server.port)
  const resting = (seconds: string) =>
    answer(200, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset-after': seconds }, '{"id":"1"}')
  const pauses: (() => void)[] = []
  const it = book(sink, settings, {
    sleep: (_, signal) =>
      new Promise((resolve) => {
        pauses.push(resolve)
        signal.addEventListener('abort', () => resolve(), { once: true })
      }),
  })
  server.reply = resting('30')
  it.tell(opened(0))
  await until(() => pauses.length === 1)
  t.equal(it.delivery.state().failing, undefined)
  pauses.shift()?.()
  await until(() => pauses.length === 1)
  server.reply = resting('1e9')
  it.tell(opened(1))
  await until(() => it.noted.length === 2)
  t.match(it.delivery.state().failing, {
    why: 'took a message, and wants no other for 1 h',
    next: it.now() + longestWait,
  })
  it.tell(opened(2))
  await wait(50)
  t.equal(server.arrived(), 2, 'what it asks for is given to it, for an hour')
  server.reply = resting('0')
  for (const end of pauses.splice(0)) end()
  await until(() => it.noted.length === 3)
  t.equal(it.delivery.state().failing, undefined)
})

t.test('an address that is gone is asked again after an hour, by what is due then', async (t) => {
  const server = await hostileServer()
  t.teardown(() => server.close())
  const [[sink, settings] = [discord, {}]] = kinds(server.port)
  const pauses: { ms: number; end: () => void }[] = []
  const it = book(sink, settings, {
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (ms === 0) return resolve()
        pauses.push({ ms, end: resolve })
        signal.addEventListener('abort', () => resolve(), { once: true })
      }),
  })
  server.reply = answer(404, {}, '{"code":10015,"message":"Unknown Webhook"}')
  it.tell(opened(0), opened(1))
  await until(() => it.delivery.state().gone !== undefined)
  const { gone, failing } = it.delivery.state()
  t.match(gone, /10015: Unknown Webhook.*deleted or its URL is wrong/)
  t.equal(failing?.next, it.now() + longestWait)
  for (let index = 0; index < 20; index += 1) it.delivery.wake()
  await wait(30)
  t.equal(server.arrived(), 1, 'no wake shortens it')
  t.strictSame(
    pauses.map(({ ms }) => ms),
    [longestWait],
  )
  pauses.pop()?.end()
  await until(() => server.arrived() === 2)
  t.equal(it.logged.filter((line) => line.includes('is gone')).length, 1, 'said once')
  server.reply = answer(200, {}, '{"id":"1"}')
  await until(() => pauses.length === 1)
  pauses.pop()?.end()
  await until(() => it.noted.length === 2)
  t.match(it.delivery.state(), { gone: undefined, failing: undefined })
})
