import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { Express, grace } from '../../../agent/delivery/express.ts'
import { openPost } from '../../../agent/delivery/post.ts'
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

t.test('it waits for a letter that is not late, and sends each once', async (t) => {
  const sent: string[] = []
  const due = [grave(0)]
  const it = new Express({
    post: openPost({ sink: webhook, settings: { url: 'http://127.0.0.1:1/' } }),
    keepOpen: false,
    urgent: () => due[0],
    send: async ({ id }) => {
      sent.push(id)
      t.ok(it.sends(id))
    },
  })
  it.arm()
  it.look()
  t.strictSame(sent, [], 'an answer usually comes sooner')
  await wait(grace + 100)
  t.strictSame(sent, ['grave_0'])
  it.look()
  t.strictSame(sent, ['grave_0'], 'not again')
  t.notOk(it.sends('grave_0'))
  it.forget(new Set())
  it.look()
  t.equal(sent.length, 2, 'unless it is due anew')
  it.arm()
  it.disarm()
  await it.stop()
  it.forget(new Set())
  it.look()
  t.equal(sent.length, 2)
})
