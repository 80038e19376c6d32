import t from 'tap'
import { beatOnce } from '../../../../agent/delivery/heartbeat-once.ts'
import { gatus } from '../../../../agent/delivery/heartbeats/gatus.ts'
import { gatusReceiver } from '../../../receivers/gatus.ts'
import { beat, settings } from './beats.ts'

const type = 'gatus'

t.test('success and failure', async (t) => {
  const receiver = await gatusReceiver()
  t.teardown(() => receiver.close())
  const { url, token } = receiver
  t.match(await beatOnce(settings({ type, url, token }), beat()), { outcome: 'accepted' })
  t.match(receiver.results.at(-1), { success: true, errors: [] })
  const text = 'node1: critical: k3s certs expired'
  t.match(await beatOnce(settings({ type, url, token }), beat({ fails: true, text })), {
    outcome: 'accepted',
  })
  t.match(receiver.results.at(-1), { success: false, errors: [text] })
})

t.test('a wrong token, a wrong key, and a page that is none of its answers', async (t) => {
  const receiver = await gatusReceiver()
  t.teardown(() => receiver.close())
  const { url, token } = receiver
  const wrong = await beatOnce(settings({ type, url, token: 'not-the-token' }), beat())
  t.match(wrong, { outcome: 'again', why: /401: invalid token/ })
  t.notMatch(JSON.stringify(wrong), /not-the-token/)
  t.match(await beatOnce(settings({ type, url: url.replace('node1', 'node2'), token }), beat()), {
    outcome: 'again',
    why: /404: there is no external endpoint/,
  })
  receiver.fault = () => ({ status: 200, body: '<html>' })
  t.match(await beatOnce(settings({ type, url, token }), beat()), { outcome: 'again', why: /proxy/ })
})

t.test('a start and a stop are no business of an endpoint that knows success and failure only', async (t) => {
  for (const kind of ['start', 'stop'] as const)
    t.equal(gatus.letter(beat({ kind }), settings({ type, url: 'https://gatus.example/x' })), undefined)
})
