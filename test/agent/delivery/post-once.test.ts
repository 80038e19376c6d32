import t from 'tap'
import { postOnce } from '../../../agent/delivery/post-once.ts'
import { discord } from '../../../agent/delivery/sinks/discord.ts'
import { webhook } from '../../../agent/delivery/sinks/webhook.ts'
import type { Notice } from '../../../agent/model/index.ts'
import { discordReceiver } from '../../receivers/discord.ts'
import { notice } from '../../receivers/notices.ts'
import { webhookReceiver } from '../../receivers/webhook.ts'

t.test('redirects are not followed', async (t) => {
  const other = await webhookReceiver()
  const receiver = await webhookReceiver()
  t.teardown(() => Promise.all([receiver.close(), other.close()]))
  receiver.fault = () => ({ status: 307, headers: { location: other.url } })
  const reading = await postOnce({ sink: webhook, settings: { url: receiver.url }, notice: notice('opened') })
  t.match(reading, { outcome: 'again', why: /redirect/ })
  t.equal(other.arrived.length, 0)
})

t.test('a reply without end is not read to its end', async (t) => {
  const receiver = await webhookReceiver()
  t.teardown(() => receiver.close())
  receiver.fault = () => ({ status: 200, body: 'x'.repeat(30_000_000) })
  const reading = await postOnce({ sink: webhook, settings: { url: receiver.url }, notice: notice('opened') })
  t.equal(reading.outcome, 'accepted')
})

t.test('one message to try a sink', async (t) => {
  const receiver = await discordReceiver()
  t.teardown(() => receiver.close())
  const test: Notice = { kind: 'test', id: 'test', node: 'node1', at: Date.now() }
  t.equal(
    (await postOnce({ sink: discord, settings: { url: receiver.url }, notice: test })).outcome,
    'accepted',
  )
  t.match(receiver.messages()[0]?.content, /^🔵 \*\*node1: test message\*\*/)
  t.match(await postOnce({ sink: discord, settings: { url: 'nonsense' }, notice: test }), {
    outcome: 'refused',
    why: 'the URL is not that of a Discord webhook',
  })
})
