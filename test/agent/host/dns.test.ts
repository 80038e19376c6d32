import { createSocket } from 'node:dgram'
import t from 'tap'
import { resolve } from '../../../agent/host/dns.ts'
import type { DnsQuestion } from '../../../agent/model/index.ts'
import { nameserver } from './nameserver.ts'

const server = await nameserver()
t.teardown(() => server.close())
const signal = new AbortController().signal
const ask = (first: string, more: Partial<DnsQuestion> = {}) =>
  resolve(
    {
      server: '127.0.0.1',
      port: server.port,
      name: `${first}.default.svc.cluster.local`,
      timeout: 200,
      ...more,
    },
    signal,
  )

t.test('how a server answers, yes or no', async (t) => {
  t.strictSame(await ask('addr'), { rcode: 'NOERROR', addresses: ['192.0.2.7'] })
  t.strictSame(await ask('addr', { type: 'AAAA' }), { rcode: 'NOERROR', addresses: ['::7'] })
  t.strictSame(await ask('empty'), { rcode: 'NOERROR', addresses: [] })
  t.strictSame(await ask('nxdomain'), { rcode: 'NXDOMAIN', addresses: [] })
  for (const code of ['SERVFAIL', 'REFUSED', 'NOTIMP', 'FORMERR'])
    t.strictSame(await ask(code.toLowerCase()), { rcode: code, addresses: [] })
})

t.test('one lost packet is asked for again, an answer that was cut over TCP', async (t) => {
  t.match(await ask('once'), { addresses: ['192.0.2.7'] })
  t.match(await ask('cut'), { addresses: ['192.0.2.7'] })
})

t.test('silence ends in time, whatever the number of tries', async (t) => {
  const begun = performance.now()
  await t.rejects(ask('silent'), {
    code: 'timeout',
    message: 'asking the DNS server 127.0.0.1 for silent.default.svc.cluster.local: no answer to 2 tries',
  })
  t.ok(performance.now() - begun < 1500, `${performance.now() - begun} ms`)
  await t.rejects(ask('once-more', { tries: 1 }), { code: 'timeout' })
  const round = new AbortController()
  const asked = resolve(
    { server: '127.0.0.1', port: server.port, name: 'silent', timeout: 5_000 },
    round.signal,
  )
  round.abort()
  await t.rejects(asked, { code: 'timeout', message: /its round was over/ })
})

t.test('nobody there is told from silence, and only addresses are asked', async (t) => {
  const socket = createSocket('udp4')
  await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done))
  const { port } = socket.address()
  await new Promise<void>((done) => socket.close(() => done()))
  await t.rejects(ask('addr', { port }), { code: 'refused', message: /nothing listens there/ })
  await t.rejects(ask('addr', { server: 'dns.example' }), { code: 'failed', message: /that is no address/ })
  // Where there is no way to the network, connecting fails already: here as to a broadcast, which has to be allowed.
  await t.rejects(ask('addr', { server: '255.255.255.255' }), { code: 'denied' })
})
