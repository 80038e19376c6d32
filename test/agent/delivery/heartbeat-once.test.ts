import t from 'tap'
import { beatOnce } from '../../../agent/delivery/heartbeat-once.ts'
import { kumaReceiver } from '../../receivers/kuma.ts'
import { beat, settings } from './heartbeats/beats.ts'

t.test('one ping, and what came back', async (t) => {
  const receiver = await kumaReceiver()
  t.teardown(() => receiver.close())
  const to = settings({ type: 'kuma', url: receiver.url })
  t.match(await beatOnce(to, beat({ kind: 'test' })), { outcome: 'accepted' })
  t.match(await beatOnce(to, beat({ kind: 'stop' })), { outcome: 'refused', why: /no words/ })
  receiver.fault = () => 'hang'
  t.match(await beatOnce(to, beat(), 200), { outcome: 'again', why: /did not answer in time/ })
  t.equal(receiver.arrived.length, 2)
})
