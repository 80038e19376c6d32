import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { Express, grace, headStart, spares } from '../../../agent/delivery/express.ts'
import type { Post } from '../../../agent/delivery/post.ts'
import { deliver } from '../../../agent/delivery/postman.ts'
import { webhook } from '../../../agent/delivery/sinks/webhook.ts'
import type { Notice } from '../../../agent/model/index.ts'
import { incident, notice } from '../../receivers/notices.ts'
import { webhookReceiver } from '../../receivers/webhook.ts'

const mild = notice('opened', incident({ id: 'mild', severity: 'warning' }), 'mild')
const grave = (index: number) => notice('opened', incident({ id: `grave ${index}` }), `grave_${index}`)
const until = async (it: () => boolean) => {
  for (let left = 1000; left > 0 && !it(); left -= 1) await wait(10)
  return it()
}

t.test('what is critical and new does not wait for an answer that does not come', async (t) => {
  const receiver = await webhookReceiver()
  t.teardown(() => receiver.close())
  receiver.fault = ({ headers }) => (headers['webhook-id'] === 'mild' ? 'hang' : undefined)
  const due: Notice[] = [mild]
  const noted: string[] = []
  const postman = deliver({
    sink: webhook,
    settings: { url: receiver.url },
    name: 'mine',
    keepOpen: true,
    plan: () => [...due],
    receipt: () => undefined,
    note(it) {
      noted.push(it.id)
      due.splice(due.indexOf(it), 1)
    },
    log: { info() {}, warn() {} },
  })
  t.teardown(() => postman.stop())
  await until(() => receiver.arrived.length === 1 && receiver.held() >= 1)
  const ids = () => receiver.arrived.map(({ headers }) => headers['webhook-id'])
  await wait(grace + 50)
  const begun = performance.now()
  due.unshift(grave(0))
  postman.wake()
  await until(() => noted.includes('grave_0'))
  const took = performance.now() - begun
  t.ok(took < 1000, `told after ${Math.round(took)} ms`)
  due.unshift(grave(1), { ...mild, id: 'other' })
  postman.wake()
  await until(() => noted.length === 2)
  t.strictSame(ids(), ['mild', 'grave_0', 'grave_1'], 'each once, and nothing mild went ahead')
  t.strictSame(noted, ['grave_0', 'grave_1'])
  const rest = (id: string, more: object): Notice => ({
    ...{ kind: 'several', change: 'grew', id, node: 'node1', at: 1 },
    ...{ group: { id: 'rest x', of: 'rest' }, incidents: [incident({ id: 'lockout' })] },
    ...more,
  })
  due.push(rest('rest', {}), rest('rest_urgent', { urgent: true }))
  postman.wake()
  await until(() => noted.length === 3)
  t.strictSame(noted.slice(2), ['rest_urgent'], 'also as an edit, where no new message is left')
})

t.test('what is answered when it is no longer due has arrived, and is noted', async (t) => {
  const arrived: string[] = []
  const waits = new Map<string, () => void>()
  const server = createServer((request, response) => {
    const id = `${request.headers['webhook-id'] ?? ''}`
    request.resume().on('end', () => {
      if (id === '') return void response.writeHead(204).end()
      arrived.push(id)
      waits.set(id, () => response.writeHead(204).end())
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close().closeAllConnections())
  const due: Notice[] = [mild]
  const noted: string[] = []
  let planned = 0
  const postman = deliver({
    sink: webhook,
    settings: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` },
    name: 'mine',
    keepOpen: true,
    plan: () => {
      planned += 1
      return due.filter(({ id }) => !noted.includes(id))
    },
    receipt: () => undefined,
    note: ({ id }) => void noted.push(id),
    log: { info() {}, warn() {} },
  })
  t.teardown(() => postman.stop())
  await until(() => arrived.includes('mild'))
  due.unshift(grave(0))
  postman.wake()
  t.ok(await until(() => arrived.includes('grave_0')), 'it went ahead')
  due.shift()
  waits.get('mild')?.()
  const before = planned
  t.ok(await until(() => noted.includes('mild') && planned > before), 'and was looked for in vain')
  await wait(50)
  waits.get('grave_0')?.()
  t.ok(await until(() => noted.includes('grave_0')), 'so that its end is told')
})

/** Connections that only say what they are asked to do. */
function fakes() {
  const made: (Post & { open: boolean; held: number; kept: Awaited<ReturnType<Post['hold']>> })[] = []
  const open = () => {
    const it = {
      ...{ open: true, held: 0, kept: 'answered' as const },
      send: async () => ({ reading: { outcome: 'accepted' as const }, rest: 0 }),
      async hold() {
        it.held += 1
        return it.kept
      },
      isOpen: () => it.open,
      redact: (text: string) => text,
      close: async () => undefined,
    }
    made.push(it)
    return it
  }
  return { made, open }
}

t.test('it waits for a letter that is not late, and sends each once', async (t) => {
  const sent: string[] = []
  let due = [grave(0)]
  const it = new Express({
    open: fakes().open,
    keepOpen: false,
    urgent: () => due,
    send: async ({ id }) => {
      sent.push(id)
      t.ok(it.sends(id))
      t.notOk(it.isOvertaken(id))
      it.accepted(id)
      t.ok(it.isOvertaken(id))
    },
    doubtful: () => undefined,
  })
  it.arm()
  it.look()
  t.strictSame(sent, [], 'an answer usually comes sooner')
  await wait(grace + 100)
  t.strictSame(sent, ['grave_0'])
  it.look()
  t.strictSame(sent, ['grave_0'], 'not again')
  t.notOk(it.sends('grave_0'))
  t.notOk(it.isOvertaken('grave_0'), 'it has ended')
  it.forget(new Set())
  it.look()
  t.equal(sent.length, 2, 'unless it is due anew')
  due = []
  it.arm()
  it.disarm()
  await it.stop()
  due = [grave(1)]
  it.look()
  t.equal(sent.length, 2)
})

t.test('each has a connection of its own, an open one first', async (t) => {
  const { made, open } = fakes()
  const sent: [string, number][] = []
  const due = [grave(0), grave(1)]
  const ends: (() => void)[] = []
  const it = new Express({
    open,
    keepOpen: true,
    urgent: () => due,
    async send({ id }, post) {
      sent.push([id, made.indexOf(post as (typeof made)[number])])
      await new Promise<void>((resolve) => void ends.push(resolve))
    },
    doubtful: () => undefined,
  })
  t.equal(made.length, spares)
  for (const one of made.slice(0, 2)) one.open = false
  t.ok(it.isOpen())
  await wait(10)
  it.look()
  t.strictSame(sent, [], 'the postman has not said that it waits')
  it.allow()
  t.strictSame(sent, [
    ['grave_0', 2],
    ['grave_1', 0],
  ])
  t.notOk(it.isOpen(), 'none is left that is open')
  due.push(grave(2), grave(3))
  it.look()
  t.strictSame(sent.length, 3, 'no more than there are connections')
  ends[0]?.()
  await wait(1)
  t.strictSame(sent[3], ['grave_3', 2], 'until one is free again')
  for (const end of ends) end()
  await it.stop()
})

t.test('they are kept open only where an answer came, one after the other', async (t) => {
  const { made, open } = fakes()
  const its = { keepOpen: true, urgent: () => [], send: async () => undefined, doubtful: () => undefined }
  const it = new Express({ ...its, open })
  const held = () => made.map((one) => one.held)
  await wait(10)
  t.strictSame(held(), [1, 1, 1], 'opened at once')
  await wait(10)
  t.strictSame(held(), [1, 1, 1])
  it.answered(1)
  await wait(10)
  t.strictSame(held(), [2, 2, 2])
  for (const one of made) one.kept = 'silent'
  it.answered(2)
  await wait(10)
  t.strictSame(held(), [3, 2, 2], 'the others are left for letters')
  await it.stop()
  const none = fakes()
  const without = new Express({ ...its, open: none.open, keepOpen: false })
  without.answered(1)
  await wait(1)
  t.strictSame(
    none.made.map(({ held }) => held),
    [0],
  )
  await without.stop()
})

t.test('a letter without an answer is tried by the first connection only where that gets one', async (t) => {
  let end = () => {}
  let doubts = 0
  const its = {
    open: fakes().open,
    keepOpen: true,
    urgent: () => [grave(0)],
    send: () =>
      new Promise<void>((resolve) => {
        end = resolve
      }),
    doubtful() {
      doubts += 1
    },
  }
  const it = new Express(its)
  const before = performance.now() - 1
  it.allow()
  await wait(headStart + 50)
  t.equal(doubts, 1, 'the postman looks again')
  t.ok(it.sends('grave_0'), 'nobody knows')
  it.answered(before)
  t.ok(it.sends('grave_0'), 'an answer to what was sent before it says nothing')
  it.answered(performance.now())
  t.notOk(it.sends('grave_0'))
  end()
  await it.stop()
})

t.test('where the first connection is gone, nothing urgent waits for a new one', async (t) => {
  const { made, open } = fakes()
  const sent: string[] = []
  const it = new Express({
    open,
    keepOpen: true,
    urgent: () => [grave(0)],
    send: async ({ id }) => void sent.push(id),
    doubtful: () => undefined,
  })
  const first = fakes().open()
  await wait(10)
  it.rush(first)
  t.strictSame(sent, [], 'it is there')
  first.open = false
  for (const one of made) one.open = false
  it.rush(first)
  t.strictSame(sent, [], 'so are all others')
  for (const one of made) one.open = true
  it.rush(first)
  t.strictSame(sent, ['grave_0'])
  await it.stop()
})
