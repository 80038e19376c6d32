import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import type { DeliverOptions } from '../../../agent/delivery/delivery.ts'
import { lateness } from '../../../agent/delivery/liveness.ts'
import { discord } from '../../../agent/delivery/sinks/discord.ts'
import { ntfy } from '../../../agent/delivery/sinks/ntfy.ts'
import { slack } from '../../../agent/delivery/sinks/slack.ts'
import { webhook } from '../../../agent/delivery/sinks/webhook.ts'
import type { Notice, Sink } from '../../../agent/model/index.ts'
import { book as keptBook, really, until } from '../../receivers/book.ts'
import { discordReceiver } from '../../receivers/discord.ts'
import { hostile, hostileNotices, incident, notice, over } from '../../receivers/notices.ts'
import { ntfyReceiver } from '../../receivers/ntfy.ts'
import { slackReceiver } from '../../receivers/slack.ts'
import { webhookReceiver, webhookSecret } from '../../receivers/webhook.ts'

const book = (sink: Sink, settings: object, more: Partial<DeliverOptions> = {}) =>
  keptBook(t, sink, settings, more)

const opened = (index: number) => notice('opened', incident({ id: `i${index}` }), `opened_${index}`)
const ids = (count: number) => Array.from({ length: count }, (_, index) => `opened_${index}`)

t.test('Discord: opened, grew, worse, resolved', async (t) => {
  const receiver = await discordReceiver()
  t.teardown(() => receiver.close())
  const it = book(discord, { url: receiver.url }, { sleep: really })
  const id = incident().id
  it.tell(notice('opened'))
  await until(() => it.noted.length === 1)
  t.same(it.noted, [['murphy_opened', receiver.messages()[0]?.id]])
  t.same(it.posted, ['murphy_opened'])
  it.tell(notice('grew'))
  await until(() => it.noted.length === 2)
  t.equal(receiver.messages().length, 1)
  t.equal(receiver.messages()[0]?.edits, 1)
  it.tell(notice('worse'))
  await until(() => it.noted.length === 3)
  t.equal(receiver.messages().length, 2)
  it.tell(notice('resolved', { ...over(), id }))
  await until(() => it.noted.length === 4)
  t.same(
    receiver.messages().map(({ content, edits }) => [content.slice(0, 20), edits]),
    [
      ['🔴 **node1: worse: t', 2],
      ['🟢 **node1: resolved', 1],
      ['🟢 **node1: resolved', 0],
    ],
  )
  t.equal(receiver.arrived.length, 6)
  t.match(it.delivery.state(), { name: 'mine', type: 'discord', waiting: 0 })
  t.equal(it.delivery.state().failing, undefined)
})

t.test('ntfy 2.13: a notification for what opens and one for its end, none for what changes', async (t) => {
  const receiver = await ntfyReceiver({ version: 2.13 })
  t.teardown(() => receiver.close())
  const it = book(ntfy, { url: receiver.url })
  const { id } = incident()
  const kinds = ['opened', 'grew', 'grew', 'resolved'] as const
  for (const [index, kind] of kinds.entries()) {
    it.tell(notice(kind, kind === 'resolved' ? { ...over(), id } : incident(), `${kind}_${index}`))
    await until(() => it.noted.length === index + 1)
  }
  t.same(
    receiver.notifications().map(({ title }) => title),
    ['node1: the firewall was flushed', 'node1: resolved after 8 min: the firewall was flushed'],
  )
  t.match(it.delivery.state().lacks, /older than 2\.16/)
})

t.test('ntfy 2.16 and 2.17: the button is offered where it is taken, and no message is lost', async (t) => {
  for (const version of [2.16, 2.17] as const) {
    const receiver = await ntfyReceiver({ version })
    t.teardown(() => receiver.close())
    const it = book(ntfy, { url: receiver.url })
    for (const [index, severity] of (['critical', 'warning', 'warning', 'critical'] as const).entries()) {
      it.tell(notice('opened', incident({ id: `i${index}`, severity }), `opened_${index}`))
      await until(() => it.noted.length === index + 1)
    }
    t.same(
      receiver.published.map(({ actions }) => actions.map(({ value }) => value)),
      version === 2.16
        ? [[], [], [], []]
        : [[], ...Array.from({ length: 3 }, () => ['systemctl restart k3s'])],
      'the first message shows what the server can',
    )
    t.equal(receiver.arrived.length, version === 2.16 ? 5 : 4, 'the button is tried once')
    t.equal(it.delivery.state().lacks, undefined)
  }
})

t.test('Discord: thirty at once, at its own pace, in order, none refused', async (t) => {
  const receiver = await discordReceiver({ rate: { requests: 5, per: 200 } })
  t.teardown(() => receiver.close())
  const it = book(discord, { url: receiver.url }, { sleep: really })
  it.tell(...ids(30).map((_, index) => opened(index)))
  await until(() => it.noted.length === 30)
  t.same(
    it.noted.map(([id]) => id),
    ids(30),
  )
  t.equal(receiver.messages().length, 30)
  t.equal(receiver.arrived.length, 30, 'no request was spent on a 429')
})

t.test('Discord: a message that somebody deleted is told anew', async (t) => {
  const receiver = await discordReceiver()
  t.teardown(() => receiver.close())
  const it = book(discord, { url: receiver.url }, { sleep: really })
  it.tell(notice('opened'))
  await until(() => it.noted.length === 1)
  receiver.remove(it.noted[0]?.[1] ?? '')
  it.tell(notice('grew'))
  await until(() => it.noted.length === 2)
  t.equal(receiver.messages().length, 1)
  t.equal(it.noted[1]?.[1], receiver.messages()[0]?.id, 'and edited from then on')
})

t.test('hostile texts reach every sink at the first try', async (t) => {
  const discords = await discordReceiver({ rate: { requests: 1e6, per: 1000 } })
  const ntfys = await ntfyReceiver({ bucket: { size: 1e6, every: 1 } })
  const webhooks = await webhookReceiver({ secret: webhookSecret })
  t.teardown(() => Promise.all([discords, ntfys, webhooks].map((it) => it.close())))
  const at = Date.now()
  const all = Object.values(hostile).flatMap((text) => hostileNotices(text))
  const notices = all.map((it, index): Notice => ({ ...it, id: `${index}`, at }))
  for (const [sink, settings, receiver] of [
    [discord, { url: discords.url }, discords],
    [ntfy, { url: ntfys.url }, ntfys],
    [webhook, { url: webhooks.url, secret: webhookSecret }, webhooks],
  ] as const) {
    const it = book(sink, settings)
    it.tell(...notices)
    await until(() => it.noted.length === notices.length, 60_000)
    t.same(
      it.states.filter(({ failing }) => failing),
      [],
      sink.name,
    )
    t.ok(receiver.arrived.length > 100)
  }
  t.equal(webhooks.events.length, notices.length)
})

t.test('a server in trouble: tried again, in order, nothing lost, nothing twice', async (t) => {
  const receiver = await webhookReceiver({ secret: webhookSecret })
  t.teardown(() => receiver.close())
  const faults = ['drop', { status: 503 }, { status: 429 }, { status: 408 }, 'drop'] as const
  receiver.fault = (_, count) => faults[count - 1]
  const it = book(webhook, { url: receiver.url, secret: webhookSecret })
  it.tell(opened(0), opened(1), opened(2))
  await until(() => it.noted.length === 3)
  t.same(
    receiver.events.map(({ id }) => id),
    ids(3),
  )
  t.equal(receiver.again(), 0)
  const tries = it.states.findLast(({ failing }) => failing)?.failing?.tries ?? 0
  t.ok(tries >= 3 && tries <= 5, 'some of them went ahead of a letter that was not taken')
  t.equal(it.delivery.state().failing, undefined)
  t.equal(it.logged.filter((line) => line.startsWith('sent')).length, 3)
})

t.test('an acceptance that was lost: told twice rather than never, with the same id', async (t) => {
  const receiver = await webhookReceiver()
  const phone = await ntfyReceiver()
  t.teardown(() => Promise.all([receiver.close(), phone.close()]))
  receiver.fault = (_, count) => (count === 1 ? 'lost' : undefined)
  phone.fault = receiver.fault
  const one = book(webhook, { url: receiver.url })
  const two = book(ntfy, { url: phone.url })
  one.tell(opened(0))
  two.tell(opened(0))
  await until(() => one.noted.length === 1 && two.noted.length === 1)
  t.equal(receiver.events.length, 1)
  t.equal(receiver.again(), 1)
  t.equal(phone.published.length, 2)
  t.equal(phone.notifications().length, 1)
})

t.test('what is no longer due when its turn comes is not sent', async (t) => {
  const receiver = await webhookReceiver()
  t.teardown(() => receiver.close())
  receiver.fault = (_, count) => (count <= 2 ? { status: 503 } : undefined)
  const it = book(
    webhook,
    { url: receiver.url },
    {
      async sleep(ms, signal) {
        // During the second pause the first incident is over, and nobody was told of it.
        if (receiver.arrived.length === 2 && it.due[0]?.id === 'opened_0') it.due.shift()
        await really(Math.min(ms, 5), signal)
      },
    },
  )
  const mild = notice('opened', incident({ id: 'i1', severity: 'warning' }), 'opened_1')
  it.tell(opened(0), mild)
  await until(() => it.noted.length === 1)
  t.same(
    receiver.events.map(({ id }) => id),
    ['opened_1'],
  )
})

t.test('what is critical and new is tried at once in a pause that the server did not ask for', async (t) => {
  const receiver = await webhookReceiver()
  t.teardown(() => receiver.close())
  receiver.fault = (_, count) => (count === 1 ? { status: 503 } : undefined)
  const it = book(webhook, { url: receiver.url }, { random: () => 1, sleep: really })
  it.tell(notice('resolved', over(), 'mild'))
  await until(() => it.delivery.state().failing !== undefined)
  const begun = performance.now()
  it.due.unshift(opened(0))
  it.delivery.wake()
  await until(() => it.noted.length === 1)
  t.strictSame(it.noted[0], ['opened_0', undefined])
  t.ok(performance.now() - begun < 500, 'the pause is a second')
})

t.test('a pause ends early only if the letter before it did not go out', async (t) => {
  const receiver = await webhookReceiver()
  t.teardown(() => receiver.close())
  receiver.fault = () => 'hang'
  const its = { keepOpen: true, timeout: 50, random: () => 1 }
  const silent = book(webhook, { url: receiver.url }, its)
  silent.tell(opened(0))
  await until(() => silent.waits.includes(16_000))
  const dead = book(webhook, { url: 'http://127.0.0.1:1/' }, its)
  dead.tell(opened(0))
  await until(() => dead.waits.filter((ms) => ms === 10_000).length > 2)
  t.equal(Math.max(...dead.waits), 10_000, 'in between it is asked whether anybody answers')
})

t.test('when nothing is due any more, nothing fails any more', async (t) => {
  const receiver = await webhookReceiver()
  t.teardown(() => receiver.close())
  receiver.fault = () => ({ status: 503 })
  const it = book(webhook, { url: receiver.url })
  it.tell(opened(0))
  await until(() => it.delivery.state().failing !== undefined)
  it.due.length = 0
  await until(() => it.delivery.state().failing === undefined)
  t.equal(it.states.at(-1)?.failing, undefined, 'and that is said')
})

t.test('Retry-After is honoured for up to an hour, and no wake shortens it', async (t) => {
  const receiver = await webhookReceiver()
  t.teardown(() => receiver.close())
  receiver.fault = (_, count) =>
    count === 1 ? { status: 429, headers: { 'retry-after': '2285000' } } : undefined
  const it = book(webhook, { url: receiver.url })
  it.tell(opened(0))
  await until(() => it.waits.includes(3600_000))
  for (let index = 0; index < 20; index++) it.delivery.wake()
  await wait(50)
  t.equal(receiver.arrived.length, 1)
  t.ok((it.delivery.state().failing?.next ?? 0) > Date.now() + 3_500_000)
})

t.test('a notice that is refused is left alone for an hour, the others go on', async (t) => {
  const receiver = await ntfyReceiver()
  t.teardown(() => receiver.close())
  let now = Date.now()
  receiver.fault = (_, count) => (count === 2 ? { status: 400, body: '{"code":40018}' } : undefined)
  const it = book(ntfy, { url: receiver.url }, { now: () => now })
  it.tell(opened(0), opened(1), opened(2))
  await until(() => it.noted.length === 2)
  t.same(
    it.noted.map(([id]) => id),
    ['opened_0', 'opened_2'],
  )
  t.match(it.delivery.state(), {
    waiting: 1,
    failing: { why: '127.0.0.1: ntfy answered 400 (40018)', tries: 1 },
  })
  it.delivery.wake()
  await wait(30)
  t.equal(receiver.arrived.length, 3)
  now += 3600_000
  it.delivery.wake()
  await until(() => it.noted.length === 3)
  t.equal(it.delivery.state().failing, undefined)
})

t.test('one notice that the server cannot stomach does not keep back the others', async (t) => {
  const receiver = await webhookReceiver()
  t.teardown(() => receiver.close())
  receiver.fault = (request) => (request.headers['webhook-id'] === 'opened_0' ? { status: 500 } : undefined)
  const it = book(webhook, { url: receiver.url })
  it.tell(opened(0), opened(1), opened(2))
  await until(() => it.noted.length === 2)
  t.same(
    it.noted.map(([id]) => id).toSorted((a, b) => a.localeCompare(b)),
    ['opened_1', 'opened_2'],
  )
})

t.test('what could not be noted is not told again', async (t) => {
  const receiver = await webhookReceiver()
  t.teardown(() => receiver.close())
  const it = book(
    webhook,
    { url: receiver.url },
    {
      note() {
        throw new Error('database or disk is full')
      },
    },
  )
  it.tell(opened(0), opened(1))
  await until(() => receiver.events.length === 2)
  it.delivery.wake()
  await wait(50)
  t.equal(receiver.arrived.length, 2)
  t.ok(it.logged.some((line) => line.includes('could not be recorded')))
})

t.test('no dead sink keeps another waiting', async (t) => {
  const hanging = await webhookReceiver()
  const dropping = await webhookReceiver()
  const limiting = await webhookReceiver()
  const closed = await webhookReceiver()
  const healthy = await ntfyReceiver()
  await closed.close()
  t.teardown(() => Promise.all([hanging, dropping, limiting, healthy].map((it) => it.close())))
  hanging.fault = () => 'hang'
  dropping.fault = () => 'drop'
  limiting.fault = () => ({ status: 429, headers: { 'retry-after': '86400' } })
  const dead = [hanging, dropping, limiting, closed].map(({ url }) =>
    book(webhook, { url }, { timeout: 3000 }),
  )
  const well = book(ntfy, { url: healthy.url })
  for (const it of [...dead, well]) it.tell(opened(0), opened(1), opened(2))
  await until(() => well.noted.length === 3)
  t.equal(dead[0]?.delivery.state().failing, undefined, 'told before the one that hangs was given up')
  await until(() => dead.every((it) => it.delivery.state().failing))
  t.same(
    dead.map((it) => it.delivery.state().failing?.why),
    [
      '127.0.0.1: did not answer in time',
      '127.0.0.1: dropped the connection',
      '127.0.0.1: answered 429',
      '127.0.0.1: refused the connection',
    ],
  )
  t.same(
    dead.map((it) => it.delivery.state().waiting),
    [3, 3, 3, 3],
  )
})

t.test('no secret in any log, state or answer', async (t) => {
  const receiver = await webhookReceiver()
  t.teardown(() => receiver.close())
  receiver.fault = (_, count) =>
    [undefined, 'drop', { status: 500, body: receiver.url }, { status: 422, body: receiver.url }][
      count % 4
    ] as undefined
  const it = book(webhook, { url: receiver.url, secret: webhookSecret })
  it.tell(opened(0), opened(1), opened(2), opened(3))
  await until(() => it.delivery.state().failing?.why === '127.0.0.1: answered 422' || it.noted.length === 4)
  const closed = await webhookReceiver()
  await closed.close()
  const other = book(webhook, { url: closed.url, secret: webhookSecret })
  other.tell(opened(0))
  await until(() => other.delivery.state().failing !== undefined)
  const all = JSON.stringify([it.logged, it.states, other.logged, other.states, it.delivery.state()])
  for (const secret of ['Murphy-Secret-Path', 'hooks', webhookSecret, webhookSecret.slice(6)])
    t.notOk(all.includes(secret), 'a secret came through')
})

t.test('stopping lets a letter under way arrive, and gives up one that does not', async (t) => {
  const receiver = await webhookReceiver()
  t.teardown(() => receiver.close())
  receiver.fault = () => 'hang'
  const it = book(webhook, { url: receiver.url })
  it.tell(opened(0))
  await until(() => receiver.arrived.length === 1)
  const start = performance.now()
  await it.delivery.stop()
  t.ok(performance.now() - start < 5000)
  t.equal(it.noted.length, 0)
})

t.test('its worker lives until it is stopped', async (t) => {
  const receiver = await webhookReceiver()
  t.teardown(() => receiver.close())
  let elapsed = 0
  const it = book(webhook, { url: receiver.url }, { elapsed: () => elapsed, keepOpen: false })
  await until(() => it.waits.length === 1)
  elapsed += 3600_000
  t.equal(it.delivery.lives?.(), true, 'it waits an hour for work')
  elapsed += lateness
  t.equal(it.delivery.lives?.(), false, 'and is not back')
  it.tell(notice('opened'))
  await until(() => it.noted.length === 1)
  t.equal(it.delivery.lives?.(), true, 'there it is')
  await it.delivery.stop()
  t.equal(it.delivery.lives?.(), false)
})

t.test('what a service is not told says nothing of the service', async (t) => {
  const receiver = await slackReceiver()
  t.teardown(() => receiver.close())
  receiver.fault = () => ({ status: 503 })
  const it = book(slack, { url: receiver.url })
  // It cannot edit a message, so there is no letter for what only grew.
  it.tell(opened(0), notice('grew', incident({ id: 'i1' }), 'grew_1'))
  await until(() => it.noted.some(([id]) => id === 'grew_1'))
  await until(() => receiver.arrived.length > 5)
  const first = it.states.findIndex(({ failing }) => failing)
  t.strictSame(
    it.states.slice(first).filter(({ failing }) => !failing),
    [],
    'it still fails',
  )
  t.strictSame(it.posted, [], 'nobody was told')
  t.equal(it.delivery.state().lastSent, undefined)
  t.strictSame(
    it.logged.filter((line) => line.startsWith('sent')),
    [],
  )
})
