import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { recordSent } from '../../../agent/core/plan.ts'
import { type Other, standingIn } from '../../../agent/daemon/standing-in.ts'
import type { DeliveryState } from '../../../agent/delivery/delivery.ts'
import { deliver } from '../../../agent/delivery/postman.ts'
import { webhook } from '../../../agent/delivery/sinks/webhook.ts'
import type { Incident, Notice, NotificationRecord } from '../../../agent/model/index.ts'
import { incident, notice, over } from '../../receivers/notices.ts'
import { webhookReceiver, webhookSecret } from '../../receivers/webhook.ts'

const minute = 60_000
const start = 10_000_000
const [one, two] = ['one', 'two'].map((id) => incident({ id })) as [Incident, Incident]

/** A sink that stands in for `main`, whose state can be set. */
function standIn() {
  const main = {
    state: { name: 'main', type: 'webhook', waiting: 0 } as DeliveryState,
    refused: new Map<string, number>(),
    due: [] as readonly Notice[],
  }
  let time = start
  const other: Other = {
    due: () => main.due,
    delivery: () => ({ state: () => main.state, refused: () => main.refused }),
  }
  const it = standingIn(['main'], new Map([['main', other]]), () => time)
  const pass = (ms: number) => {
    time += ms
  }
  return { main, it, pass }
}
const said = (all: readonly Notice[]) =>
  all.map(({ kind, insteadOf }) => [kind, insteadOf?.since ?? 'no word'])

t.test('it says whom it stands in for in what people notice', async (t) => {
  const { main, it, pass } = standIn()
  t.strictSame(it.part().signed([notice('opened')]), [], 'the other works')
  main.state = { ...main.state, failing: { since: start, why: 'x', tries: 1 } }
  pass(5 * minute)
  const due = [notice('grew'), notice('resolved', over()), notice('opened')]
  const all = it.part().signed(due)
  t.strictSame(said(all), [
    ['grew', start],
    ['resolved', start],
    ['opened', start],
  ])
  for (const quiet of all.slice(0, 2)) it.posted(quiet)
  t.strictSame(
    said(it.part().signed(due.slice(2))),
    [['opened', start]],
    'an edit and an end ring for nobody',
  )
  for (const loud of all.slice(2)) it.posted(loud)
  t.strictSame(said(it.part().signed(due.slice(2))), [['opened', 'no word']], 'now it is said')
})

t.test('of what the other refuses it tells alone', async (t) => {
  const { main, it, pass } = standIn()
  main.due = [notice('opened', one, 'x'), notice('opened', two, 'y')]
  main.refused.set('x', start)
  main.state = { ...main.state, lastSent: start + 4 * minute, failing: { since: start, why: 'x', tries: 1 } }
  const concerned = () =>
    it
      .part()
      .concerning([one, two], [])
      .map(({ id }) => id)
  pass(4 * minute)
  t.strictSame(concerned(), [])
  pass(minute)
  t.strictSame(concerned(), ['one'])
  const all = it.part().signed([notice('opened', one), notice('opened', two), notice('grew', one)])
  t.match(all, [{ incident: { id: 'one' }, insteadOf: { names: ['main'], since: start, refused: true } }])
  t.equal(all.length, 1)
})

t.test('a real service that refuses one message for its content and takes others', async (t) => {
  const receiver = await webhookReceiver({ secret: webhookSecret })
  t.teardown(() => receiver.close())
  receiver.fault = ({ body }) => (body.includes('"one"') ? { status: 400 } : undefined)
  let told: readonly NotificationRecord[] = []
  let time = Date.now()
  const due = () =>
    [one, two]
      .filter(({ id }) => !told.some((it) => it.incident === id))
      .map((it) => notice('opened', it, it === one ? 'x' : 'y'))
  const delivery = deliver({
    ...{ sink: webhook, settings: { url: receiver.url, secret: webhookSecret }, name: 'main' },
    ...{ plan: due, receipt: () => undefined, log: { info() {}, warn() {} }, now: () => time },
    note(it, receipt) {
      told = [...told, ...recordSent(told, it, receipt, time)]
    },
  })
  t.teardown(() => delivery.stop())
  for (let left = 500; left > 0 && told.length === 0; left -= 1) await sleep(10)
  t.match(told, [{ incident: 'two' }])
  t.strictSame([...(delivery.refused?.() ?? [])], [['x', time]])
  const it = standingIn(['main'], new Map([['main', { due, delivery: () => delivery }]]), () => time)
  t.strictSame(it.part().concerning([one, two], []), [])
  time += 5 * minute
  t.strictSame(it.part().concerning([one, two], []), [one])
})
