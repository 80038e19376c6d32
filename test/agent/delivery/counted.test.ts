import t from 'tap'
import { counted, letterTally } from '../../../agent/delivery/counted.ts'
import { openPost } from '../../../agent/delivery/post.ts'
import { webhook } from '../../../agent/delivery/sinks/webhook.ts'
import { webhookReceiver, webhookSecret } from '../../receivers/webhook.ts'

t.test('each letter is counted by what became of it, and how long that took', async (t) => {
  const receiver = await webhookReceiver()
  t.teardown(() => receiver.close())
  const settings = { url: receiver.url, secret: webhookSecret }
  const tally = letterTally()
  const post = counted(openPost({ sink: webhook, settings }), tally)
  t.teardown(() => post.close())
  const [letter] = webhook.compose({ kind: 'test', id: 'a', node: 'node1', at: Date.now() }, settings)
  if (!letter) throw new Error('no letter')
  await post.send(letter)
  receiver.fault = () => ({ status: 503 })
  await post.send(letter)
  receiver.fault = () => ({ status: 410 })
  await post.send(letter)
  const { outcomes, times, seconds } = tally.counts()
  t.strictSame(outcomes, { accepted: 1, again: 1, refused: 0, gone: 1 })
  t.equal(times, 3)
  t.ok(seconds > 0)
})

t.test('without anybody who counts it is the same connection', async (t) => {
  const post = openPost({ sink: webhook, settings: { url: 'http://127.0.0.1:9/' } })
  t.teardown(() => post.close())
  t.equal(counted(post, undefined), post)
})
