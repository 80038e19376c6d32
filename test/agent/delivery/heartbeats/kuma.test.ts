import t from 'tap'
import { beatOnce } from '../../../../agent/delivery/heartbeat-once.ts'
import { kuma } from '../../../../agent/delivery/heartbeats/kuma.ts'
import { kumaReceiver } from '../../../receivers/kuma.ts'
import { beat, settings } from './beats.ts'

const type = 'kuma'

for (const version of [1, 2] as const)
  t.test(`up and down, of version ${version}`, async (t) => {
    const receiver = await kumaReceiver({ version })
    t.teardown(() => receiver.close())
    // As its page shows the address, with an example of what is said.
    for (const url of [receiver.url, `${receiver.url}?status=up&msg=OK&ping=`]) {
      t.match(await beatOnce(settings({ type, url }), beat()), { outcome: 'accepted' })
      t.match(receiver.beats.at(-1), { status: 'UP', msg: 'node1: all well, 6 checks', ping: 42 })
      t.match(await beatOnce(settings({ type, url }), beat({ fails: true, text: 'a & b' })), {
        outcome: 'accepted',
      })
      t.match(receiver.beats.at(-1), { status: 'DOWN', msg: 'a & b' })
    }
  })

t.test('a monitor that is paused or gone, and a page that is none of its answers', async (t) => {
  const receiver = await kumaReceiver()
  t.teardown(() => receiver.close())
  const send = (url: string) => beatOnce(settings({ type, url }), beat())
  const reading = await send(`${receiver.url.slice(0, -1)}x`)
  t.match(reading, { outcome: 'again', why: /404: Monitor not found or not active/ })
  t.notMatch(JSON.stringify(reading), /wKcFl3/)
  t.match(await send(receiver.url.replace('/api/push', '/api/pushed')), { outcome: 'again', why: /proxy/ })
})

t.test('a start and a stop are no business of a monitor that knows up and down only', async (t) => {
  for (const kind of ['start', 'stop'] as const)
    t.equal(
      kuma.letter(beat({ kind }), settings({ type, url: 'https://kuma.example/api/push/x' })),
      undefined,
    )
})
