import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { type Postman, type PostmenOptions, postmen } from '../../../agent/daemon/postmen.ts'
import { sinks } from '../../../agent/delivery/sinks/index.ts'
import type { Incident, NotificationRecord } from '../../../agent/model/index.ts'
import { webhookReceiver, webhookSecret } from '../../receivers/webhook.ts'
import { finding } from '../findings.ts'

const begun = Date.now()
const silent = { debug() {}, info() {}, warn() {}, error() {} }
const incidentOf = (code: string, subject = 'node'): Incident => {
  const cause = finding({ code, subject, severity: 'critical', since: begun })
  return {
    id: cause.id,
    cause,
    affected: [],
    severity: 'critical',
    since: begun,
    notifyAt: begun,
    fix: [],
    avoid: [],
  }
}

function opened(url: string, more: Partial<PostmenOptions>) {
  const books = new Map<string, readonly NotificationRecord[]>()
  const sink = {
    min: 'warning' as const,
    keepOpen: false,
    settings: { url, secret: webhookSecret },
    unread: [],
  }
  const all = postmen({
    config: {
      node: 'node1',
      letterhead: { cluster: 'home' },
      remind: 0,
      mostMessages: 6,
      sinks: [
        { ...sink, name: 'mine', type: 'webhook' },
        { ...sink, name: 'strange', type: 'pigeon' },
      ],
    },
    sinks,
    store: {
      told: (name) => books.get(name) ?? [],
      note: (name, entries) => void books.set(name, [...(books.get(name) ?? []), ...entries]),
      sinkSince: () => 0,
      silences: () => [],
      sample: () => undefined,
      saveSample: () => {},
    },
    log: silent,
    now: Date.now,
    started: 0,
    incidents: () => [],
    firstLook: () => undefined,
    turned: () => {},
    ...more,
  })
  t.teardown(() => Promise.all(all.map((it) => it.delivery.stop())))
  return { all, books }
}
const until = async (it: () => boolean) => {
  for (let left = 500; left > 0 && !it(); left -= 1) await sleep(10)
}
const wake = (all: readonly Postman[]) => all[0]?.delivery.wake()

t.test('a postman for each sink that there is, who notes what was accepted', async (t) => {
  const receiver = await webhookReceiver()
  t.teardown(() => receiver.close())
  const { all, books } = opened(receiver.url, { incidents: () => [incidentOf('a.b')] })
  t.strictSame(
    all.map((it) => it.name),
    ['mine'],
  )
  wake(all)
  await until(() => books.has('mine'))
  t.match(books.get('mine'), [{ incident: incidentOf('a.b').id }])
})

t.test('nobody is told while not everything has been looked at, nor a sink of itself', async (t) => {
  const receiver = await webhookReceiver()
  t.teardown(() => receiver.close())
  let incidents: readonly Incident[] | undefined
  const { all, books } = opened(receiver.url, { incidents: () => incidents })
  wake(all)
  await sleep(100)
  t.equal(receiver.arrived.length, 0)
  incidents = [incidentOf('agent.sink-failing', 'mine'), incidentOf('agent.sink-failing', 'other')]
  wake(all)
  await until(() => books.has('mine'))
  await sleep(50)
  t.strictSame(
    books.get('mine')?.map((it) => it.incident),
    [incidentOf('agent.sink-failing', 'other').id],
  )
})

t.test('that a sink begins to fail is said once', async (t) => {
  let turned = 0
  const { all } = opened('http://127.0.0.1:9/', {
    incidents: () => [incidentOf('a.b')],
    turned: () => void turned++,
  })
  wake(all)
  await until(() => all[0]?.delivery.state().failing !== undefined)
  await sleep(2500)
  t.ok((all[0]?.delivery.state().failing?.tries ?? 0) >= 1)
  t.equal(turned, 1)
})

t.test(
  'one stands in for others that have failed for five minutes, says so once, and ends what it told',
  async (t) => {
    const [main, sms] = [await webhookReceiver(), await webhookReceiver()]
    t.teardown(() => Promise.all([main.close(), sms.close()]))
    main.fault = () => ({ status: 503 })
    let time = begun
    const [first, second, third] = ['a.b', 'c.d', 'e.f'].map((code) => incidentOf(code)) as [
      Incident,
      Incident,
      Incident,
    ]
    // That the other fails need not be said by the one that stands in for it.
    const failing = incidentOf('agent.sink-failing', 'main')
    let incidents: readonly Incident[] = [first, failing]
    const books = new Map<string, readonly NotificationRecord[]>()
    const sink = { type: 'webhook', min: 'warning' as const, keepOpen: false, unread: [] }
    const { all } = opened(main.url, {
      config: {
        ...{ node: 'node1', letterhead: {}, remind: 0, mostMessages: 20 },
        sinks: [
          { ...sink, name: 'main', settings: { url: main.url } },
          { ...sink, name: 'other', settings: { url: 'http://127.0.0.1:9/' } },
          { ...sink, name: 'sms', settings: { url: sms.url }, onlyWhen: ['main', 'other'] },
        ],
      },
      store: {
        told: (name) => books.get(name) ?? [],
        note(name, entries) {
          const ids = entries.map((it) => it.incident)
          const others = (books.get(name) ?? []).filter((it) => !ids.includes(it.incident))
          books.set(name, [...others, ...entries])
        },
        ...{ sinkSince: () => 0, silences: () => [], sample: () => undefined, saveSample() {} },
      },
      now: () => time,
      incidents: () => incidents,
      turned: () => wakeAll(),
    })
    const wakeAll = () => {
      for (const it of all) it.delivery.wake()
    }
    const events = () =>
      sms.arrived.map(({ body }) => JSON.parse(body) as { type: string; text: string; data: never })
    t.match(all[2], { name: 'sms', onlyWhen: ['main', 'other'] })

    wakeAll()
    await until(() => all.slice(0, 2).every((it) => it.delivery.state().failing !== undefined))
    time += 4 * 60_000
    wakeAll()
    await sleep(100)
    t.equal(sms.arrived.length, 0, 'not yet')

    time += 61_000
    wakeAll()
    await until(() => sms.arrived.length === 1)
    t.match(events()[0], {
      type: 'incident.opened',
      text: /Sent here because main and other have failed since \d\d:\d\d UTC\./,
    })
    incidents = [first, second, failing]
    wakeAll()
    await until(() => sms.arrived.length === 2)
    t.match(events()[1], { type: 'incident.opened' })
    t.notMatch(events()[1]?.text, /Sent here/, 'it is said once')

    main.fault = undefined
    wakeAll()
    await until(() => all[0]?.delivery.state().failing === undefined)
    incidents = [{ ...first, resolved: time, cause: { ...first.cause, resolved: time } }, second, third]
    wakeAll()
    await until(() => sms.arrived.length === 3)
    await until(() => main.events.some(({ data }) => JSON.stringify(data).includes('e.f')))
    await sleep(100)
    t.match(events()[2], { type: 'incident.resolved' }, 'the end of what it told')
    t.equal(sms.arrived.length, 3, 'and nothing new')
  },
)

const hour = 3600_000
const always = { days: [0, 1, 2, 3, 4, 5, 6], from: 0, to: 24 * hour, zone: 'UTC' }
const config = { node: 'node1', letterhead: {}, remind: 0, mostMessages: 6 }

const hook = (url: string) => ({
  ...{ name: 'mine', type: 'webhook', min: 'warning' as const, keepOpen: false, unread: [] },
  settings: { url, secret: webhookSecret },
})

t.test('in quiet hours and under maintenance it is silent, each in its own way', async (t) => {
  const receiver = await webhookReceiver()
  t.teardown(() => receiver.close())
  const sink = hook(receiver.url)
  const critical = incidentOf('a.b')
  const mild = { ...incidentOf('c.d'), severity: 'warning' as const }
  const told = async (more: object, open: readonly Incident[]) => {
    const before = receiver.arrived.length
    const { all } = opened(receiver.url, {
      config: { ...config, sinks: [sink], ...more },
      incidents: () => open,
    })
    wake(all)
    await until(() => receiver.arrived.length >= before + open.length)
    await sleep(100)
    await all[0]?.delivery.stop()
    return receiver.arrived.length - before
  }
  t.equal(await told({}, [critical, mild]), 2)
  t.equal(await told({ quiet: [{ ...always, passes: 'critical' }] }, [critical, mild]), 1)
  t.equal(await told({ quiet: [{ ...always, passes: 'nothing' }] }, [critical, mild]), 0)
  t.equal(await told({ quiet: [{ ...always, passes: 'nothing', sinks: ['other'] }] }, [critical, mild]), 2)
  t.equal(await told({ maintenance: [{ ...always, what: 'a' }] }, [critical, mild]), 1)
  t.equal(await told({ maintenance: [{ ...always, what: 'all' }] }, [critical, mild]), 0)
})

t.test('a digest of the week is sent once, after a restart and an outage too', async (t) => {
  const receiver = await webhookReceiver()
  t.teardown(() => receiver.close())
  // It was due a moment ago.
  const now = new Date()
  const weekly = {
    ...{ weekday: now.getUTCDay(), zone: 'UTC' },
    at: Math.floor(((now.getTime() % (24 * hour)) / 60_000) | 0) * 60_000,
  }
  const sink = hook(receiver.url)
  const books = new Map<string, readonly NotificationRecord[]>()
  const run = () =>
    opened(receiver.url, {
      config: { ...config, sinks: [{ ...sink, weekly }] },
      week: () => ({ incidents: [], deadlines: [], unseen: [], versions: 'Murphy 0' }),
      store: {
        told: (name) => books.get(name) ?? [],
        note: (name, entries) => void books.set(name, [...(books.get(name) ?? []), ...entries]),
        ...{ sinkSince: () => 0, silences: () => [], sample: () => undefined, saveSample() {} },
      },
    }).all
  let refuse: boolean = true
  receiver.fault = () => (refuse ? { status: 503, body: '' } : undefined)
  const first = run()
  wake(first)
  await until(() => receiver.arrived.length > 0)
  t.equal(receiver.events.length, 0)
  await first[0]?.delivery.stop()
  refuse = false
  for (let restart = 0; restart < 2; restart += 1) {
    const again = run()
    wake(again)
    await until(() => receiver.events.length > 0)
    await sleep(100)
    await again[0]?.delivery.stop()
  }
  t.match(receiver.events, [{ type: 'weekly', data: { total: 0, versions: 'Murphy 0' } }])
  t.equal(receiver.events.length, 1)
})
