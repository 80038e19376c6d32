import t from 'tap'
import { beatOnce } from '../../../../agent/delivery/heartbeat-once.ts'
import { healthchecks } from '../../../../agent/delivery/heartbeats/healthchecks.ts'
import { healthchecksReceiver } from '../../../receivers/healthchecks.ts'
import { beat, settings } from './beats.ts'

const type = 'healthchecks'

t.test('what is signalled, and what the check makes of it', async (t) => {
  const receiver = await healthchecksReceiver()
  t.teardown(() => receiver.close())
  for (const url of [receiver.url, receiver.slug, `${receiver.url}/`]) {
    for (const [said, report, kind, state] of [
      [beat({ kind: 'start' }), 'alive', 'start', 'started'],
      [beat(), 'alive', 'success', 'up'],
      [beat({ kind: 'stop' }), 'alive', 'log', 'up'],
      [beat({ kind: 'test' }), 'alive', 'log', 'up'],
      [beat({ fails: true, exit: 2 }), 'critical', 'fail', 'down'],
      [beat(), 'critical', 'success', 'up'],
      [beat({ exit: 1 }), 'exit-status', 'fail', 'down'],
      [beat({ exit: 0 }), 'exit-status', 'success', 'up'],
    ] as const) {
      t.match(await beatOnce(settings({ type, url, report }), said), { outcome: 'accepted' })
      t.match(receiver.pings.at(-1), { kind, method: 'POST', body: said.text })
      t.equal(receiver.state(), state, kind)
    }
    t.equal(receiver.pings.at(-1)?.exit, 0)
  }
})

t.test('200 that is no success', async (t) => {
  const receiver = await healthchecksReceiver({ hosted: true })
  t.teardown(() => receiver.close())
  const send = (url: string) => beatOnce(settings({ type, url }), beat())
  const unknown = receiver.url.replace(/.{4}$/, '0000')
  t.match(await send(unknown), { outcome: 'again', why: /there is no such check/ })
  for (let sent = 0; sent < 5; sent += 1) t.match(await send(receiver.url), { outcome: 'accepted' })
  t.match(await send(receiver.url), { outcome: 'again', why: /more than five/ })
  t.match(await send(receiver.slug), { outcome: 'again', why: /429/ })
  receiver.fault = () => ({
    status: 200,
    headers: { 'content-type': 'text/html' },
    body: '<html>log in</html>',
  })
  t.match(await send(receiver.url), { outcome: 'again', why: /proxy/ })
  receiver.fault = () => ({ status: 409, body: 'ambiguous slug' })
  t.match(await send(receiver.slug), { outcome: 'again', why: /several checks/ })
})

t.test('a server of one’s own says 404', async (t) => {
  const receiver = await healthchecksReceiver()
  t.teardown(() => receiver.close())
  const reading = await beatOnce(settings({ type, url: receiver.url.replace(/.{4}$/, '0000') }), beat())
  t.match(reading, { outcome: 'again', why: /404: there is no such check/ })
  t.notMatch(JSON.stringify(reading), /d1665499/)
})

t.test('what follows the check in its address stays', async (t) => {
  const letter = (url: string) => healthchecks.letter(beat({ fails: true }), settings({ type, url }))
  t.equal(letter('https://hc-ping.com/KEY/slug?create=1')?.url, 'https://hc-ping.com/KEY/slug/fail?create=1')
})
