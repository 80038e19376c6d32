import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer as createTcp, type Server } from 'node:net'
import { createServer, type TlsOptions } from 'node:tls'
import t from 'tap'
import { handshake } from '../../../agent/host/tls.ts'
import { certificates } from '../../collectors/certs/openssl.ts'

const signal = new AbortController().signal
const { issue } = certificates(t)
const authority = issue({ subject: '/CN=ca', ca: true })
const leaf = issue({ subject: '/CN=k3s', by: authority })
const alone = issue({ subject: '/CN=alone' })
const expired = issue({ subject: '/CN=old', from: new Date(0), to: new Date(1e12) })

async function listening(it: Server): Promise<number> {
  await new Promise<void>((resolve) => it.listen(0, '127.0.0.1', resolve))
  t.teardown(() => it.close())
  return (it.address() as AddressInfo).port
}
const tls = (options: TlsOptions) => listening(createServer(options))
const of = (it: typeof leaf) => ({ cert: it.pem, key: readFileSync(it.key) })
const ask = (port: number, more: object = {}) => handshake({ host: '127.0.0.1', port, ...more }, signal)
const ders = async (port: number, more = {}) =>
  (await ask(port, more)).certificates.map((it) => Buffer.from(it).toString('hex'))
const hex = (...its: readonly (typeof leaf)[]) => its.map((it) => it.der.toString('hex'))

t.test('what is presented, leaf first, whatever it is worth', async (t) => {
  t.strictSame(await ders(await tls(of(alone))), hex(alone), 'signed by itself')
  t.strictSame(await ders(await tls(of(expired))), hex(expired))
  t.strictSame(
    await ders(await tls({ cert: leaf.pem + authority.pem, key: readFileSync(leaf.key) })),
    hex(leaf, authority),
  )
  t.match(await ask(await tls(of(alone))), { protocol: /^TLSv1\.[23]$/ })
})

t.test('a chain has an end', async (t) => {
  let by = issue({ subject: '/CN=ca 0', ca: true })
  const chain = [by]
  for (let at = 1; at < 14; at += 1) {
    by = issue({ subject: `/CN=ca ${at}`, ca: true, by })
    chain.unshift(by)
  }
  const port = await tls({ cert: chain.map((it) => it.pem).join(''), key: readFileSync(by.key) })
  t.strictSame(await ders(port), hex(...chain.slice(0, 10)))
})

t.test('it asks for a name, and never for an address', async (t) => {
  const asked: string[] = []
  const port = await tls({
    ...of(alone),
    SNICallback: (name, done) => {
      asked.push(name)
      done(null)
    },
  })
  await ask(port)
  t.strictSame(asked, [], 'an address is no server name (RFC 6066)')
  await ask(port, { servername: 'ingress.example' })
  await ask(port, { host: 'localhost' })
  t.strictSame(asked, ['ingress.example', 'localhost'])
})

t.test('an old server is seen as well', async (t) => {
  const port = await tls({
    ...of(issue({ subject: '/CN=old', key: 'rsa' })),
    maxVersion: 'TLSv1.2',
    minVersion: 'TLSv1.2',
  })
  t.match(await ask(port), { protocol: 'TLSv1.2' })
})

t.test('nobody, nobody who speaks TLS, nobody who answers, one who hangs up', async (t) => {
  const hangs = await listening(createTcp(() => {}))
  await t.rejects(ask(hangs, { timeout: 50 }), {
    code: 'timeout',
    message: `asking 127.0.0.1:${hangs} for its certificate: no answer within 0.05 s`,
  })
  const plain = await listening(createTcp((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')))
  await t.rejects(ask(plain), { code: 'failed', message: /: it does not speak TLS$/ })
  const rude = await listening(createTcp((socket) => socket.end()))
  await t.rejects(ask(rude), { code: 'failed' })
  const closed = createTcp()
  const port = await listening(closed)
  await new Promise((resolve) => closed.close(resolve))
  await t.rejects(ask(port), { code: 'refused', message: /nothing listens there/ })
  const over = handshake({ host: '127.0.0.1', port: hangs }, AbortSignal.abort())
  await t.rejects(over, { code: 'timeout', message: /its round was over/ })
})
