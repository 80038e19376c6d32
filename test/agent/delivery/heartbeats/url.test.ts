import t from 'tap'
import { beatOnce } from '../../../../agent/delivery/heartbeat-once.ts'
import { url } from '../../../../agent/delivery/heartbeats/url.ts'
import { hostile } from '../../../receivers/notices.ts'
import { listen } from '../../../receivers/server.ts'
import { beat, settings } from './beats.ts'

const filled = (template: string, of = beat()) => url.letter(of, settings({ url: template }))?.url

t.test('the places are filled', async (t) => {
  const all =
    'https://x.example/a{/fail}?s={status}&t={state}&e={exit}&n={node}&c={cluster}&m={text}&p={ping}'
  t.equal(
    filled(all, beat({ fails: true, exit: 2, cluster: 'home' })),
    'https://x.example/a/fail?s=down&t=critical&e=2&n=node1&c=home&m=node1%3A%20all%20well%2C%206%20checks&p=42',
  )
  t.equal(
    filled(all),
    'https://x.example/a?s=up&t=ok&e=0&n=node1&c=&m=node1%3A%20all%20well%2C%206%20checks&p=42',
  )
})

t.test('GET, or POST with the text; any 2xx is success', async (t) => {
  const receiver = await listen('url', {}, () => ({ status: 202, body: 'whatever' }))
  t.teardown(() => receiver.close())
  const to = `http://127.0.0.1:${receiver.port}/{node}`
  t.match(await beatOnce(settings({ url: to }), beat()), { outcome: 'accepted' })
  t.match(await beatOnce(settings({ url: to, method: 'POST' }), beat()), { outcome: 'accepted' })
  t.match(receiver.arrived, [
    { method: 'GET', path: '/node1', body: '' },
    { method: 'POST', path: '/node1', body: 'node1: all well, 6 checks' },
  ])
})

for (const [name, text] of Object.entries(hostile))
  t.test(`hostile: ${name}`, async (t) => {
    const it = URL.parse(filled('https://x.example/a/{node}/b?m={text}', beat({ node: text, text })) ?? '')
    t.equal(it?.origin, 'https://x.example', 'it goes where it should')
    t.match(it?.pathname, /^\/a\/[^/]*\/b$/, 'and is one part of the path')
    t.equal(it?.searchParams.size, 1)
  })
