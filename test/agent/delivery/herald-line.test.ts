import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { letterTally } from '../../../agent/delivery/counted.ts'
import { heraldLine, type LineOptions } from '../../../agent/delivery/herald-line.ts'
import { alertmanager } from '../../../agent/delivery/sinks/alertmanager.ts'
import type { Standing } from '../../../agent/model/index.ts'
import { alertmanagerReceiver } from '../../receivers/alertmanager.ts'

const minute = 60_000
const labels = (alertname: string, role = 'cause') => ({ alertname, node: 'node1', role })
const until = async (it: () => boolean) => {
  for (let left = 600; left > 0 && !it(); left -= 1) await sleep(10)
}

/** A line whose pauses take a hundredth of their time; `pauses` are those it asked for. */
async function opened(
  t: Test,
  options: Parameters<typeof alertmanagerReceiver>[0] & { readonly more?: Partial<LineOptions> } = {},
) {
  const receiver = await alertmanagerReceiver(options)
  t.teardown(() => receiver.close())
  const all: { now: Standing[] | undefined } = { now: [{ labels: labels('A'), starts: Date.now() }] }
  const pauses: number[] = []
  const logged: string[] = []
  let turned = 0
  const tally = letterTally()
  const line = heraldLine({
    ...{
      sink: alertmanager as never,
      settings: { urls: [receiver.url], hold_minutes: 60 },
      name: 'am',
      tally,
    },
    all: () => all.now,
    head: () => ({ node: 'node1' }),
    log: { info: (_, text) => void logged.push(text), warn: (_, text) => void logged.push(text) },
    turned: () => void turned++,
    random: () => 0.5,
    async sleep(ms, signal) {
      pauses.push(ms)
      await sleep(ms / 100, undefined, { signal }).catch(() => undefined)
    },
    ...options.more,
  })
  t.teardown(() => line.stop())
  return { receiver, all, pauses, logged, line, tally, turned: () => turned }
}
const alerts = (body: string) => JSON.parse(body) as { labels: Record<string, string> }[]

t.test('it says all of it at once, and again each minute; a change at once', async (t) => {
  const { receiver, all, pauses, line, tally } = await opened(t)
  await until(() => receiver.arrived.length >= 4)
  t.strictSame(alerts(receiver.arrived[0]?.body ?? ''), [], 'the first asks for the time alone')
  t.match(receiver.firing(), [{ labels: labels('A') }])
  t.ok(pauses.some((it) => it > 55_000 && it <= minute))
  all.now = [...(all.now ?? []), { labels: labels('B', 'consequence'), starts: Date.now() }]
  line.wake()
  await until(() => receiver.firing().length === 2)
  t.equal(receiver.firing().length, 2)
  t.ok(line.state().lastSent)
  t.ok(tally.counts().outcomes.accepted >= 5)
})

t.test('nothing is said while it is not known what is so', async (t) => {
  const { receiver, all } = await opened(t, { more: { all: () => undefined } })
  await sleep(100)
  t.equal(receiver.arrived.length, 0)
  t.ok(all)
})

t.test('what follows from a cause comes a second after it, each time', async (t) => {
  const naps: [number, number][] = []
  const { receiver } = await opened(t, {
    more: {
      async sleep(ms, signal) {
        naps.push([receiver.arrived.length, ms])
        await sleep(ms / 100, undefined, { signal }).catch(() => undefined)
      },
      all: () => [
        { labels: labels('A'), starts: 1 },
        { labels: labels('B', 'consequence'), starts: 1 },
      ],
    },
  })
  await until(() => receiver.arrived.length >= 5)
  t.strictSame(
    receiver.arrived.slice(0, 5).map((it) => alerts(it.body).map((one) => one.labels.role)),
    [[], ['cause'], ['consequence'], ['cause'], ['consequence']],
  )
  for (const arrived of [2, 4])
    t.strictSame(naps.find(([before]) => before === arrived)?.[1], 1000, 'the pause is between them')
})

for (const ahead of [-2 * 60 * minute, 2 * 60 * minute])
  t.test(`a clock that is ${-ahead / minute} min off: it fires, it ends, and that is said`, async (t) => {
    const { receiver, all, line, logged } = await opened(t, { ahead })
    await until(() => receiver.firing().length === 1)
    const [firing] = receiver.firing()
    t.ok(firing && Math.abs(firing.startsAt - Date.now() - ahead) < 5000, 'by its clock')
    all.now = [{ labels: labels('A'), starts: Date.now() - 1000, ended: Date.now() }]
    line.wake()
    await until(() => receiver.firing().length === 0)
    t.strictSame(receiver.firing(), [])
    t.match(
      line.state().note,
      /^this node's clock is (1 h 59 min|2 h( \d+ s)?|119 min) (ahead of|behind) that of 127\.0\.0\.1/,
    )
    t.match(logged, [/clock/])
  })

for (const step of [-2 * 60 * minute, 10 * 60 * minute])
  t.test(`a clock that is set by ${step / minute} min between two letters moves no end`, async (t) => {
    let set = -step
    const { receiver, all, line } = await opened(t, { more: { now: () => Date.now() + set } })
    await until(() => receiver.firing().length === 1)
    set = 0
    all.now = [...(all.now ?? []), { labels: labels('B'), starts: Date.now() }]
    line.wake()
    await until(() => receiver.all().length === 2)
    t.equal(receiver.firing().length, 2, 'nothing is over')
    for (const { endsAt } of receiver.all())
      t.ok(Math.abs(endsAt - Date.now() - 60 * minute) < minute, `${(endsAt - Date.now()) / minute} min`)
  })

t.test(
  'what fails is tried again by a growing pause of a minute at most, and woken it is no sooner',
  async (t) => {
    const { receiver, pauses, line, logged, turned } = await opened(t)
    await until(() => receiver.firing().length === 1)
    receiver.fault = () => ({ status: 503 })
    line.wake()
    await until(() => (line.state().failing?.tries ?? 0) >= 3)
    t.match(line.state().failing, { why: '127.0.0.1: answered 503' })
    t.ok(Math.max(...pauses) <= minute)
    t.equal(logged.filter((it) => /not sent/.test(it)).length, 1, 'said once')
    const before = receiver.arrived.length
    for (let times = 0; times < 100; times += 1) line.wake()
    await sleep(5)
    t.ok(receiver.arrived.length - before <= 1)
    receiver.fault = undefined
    await until(() => line.state().failing === undefined)
    t.strictSame(line.state().failing, undefined)
    t.ok(turned() >= 2)
  },
)

t.test('a proxy that asks for a pause gets it', async (t) => {
  const { receiver, pauses, line } = await opened(t)
  receiver.fault = () => ({ status: 429, headers: { 'retry-after': '120' } })
  await until(() => line.state().failing !== undefined)
  await until(() => pauses.includes(120_000))
  t.ok(pauses.includes(120_000))
})

t.test('one that is refused holds up no other, and is said', async (t) => {
  const { receiver, line } = await opened(t, {
    more: {
      all: () => [
        { labels: { role: 'cause' }, starts: 1 },
        { labels: labels('B', 'consequence'), starts: 1 },
      ],
    },
  })
  receiver.fault = ({ body }) => (body.includes('"cause"') ? { status: 400 } : undefined)
  await until(() => receiver.firing().length === 1)
  t.match(receiver.firing(), [{ labels: labels('B', 'consequence') }])
  await until(() => line.state().failing !== undefined)
  t.match(line.state().failing, { why: /answered 400/ })
})

t.test('it ends in a moment, also where nobody answers', async (t) => {
  const { receiver, line } = await opened(t)
  receiver.fault = () => 'hang'
  await until(() => receiver.arrived.length > 0)
  const begun = performance.now()
  await line.stop()
  t.ok(performance.now() - begun < 3500)
})
