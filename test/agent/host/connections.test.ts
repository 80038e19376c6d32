import { generateKeyPairSync } from 'node:crypto'
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { connections } from '../../../agent/host/connections.ts'
import { openMachine } from '../../../agent/host/machine.ts'
import type { Get } from '../../../agent/model/index.ts'
import { certificates, days } from '../../collectors/certs/openssl.ts'

const { issue, folder } = certificates(t)
const authority = issue({ subject: '/CN=server-ca', ca: true })
const serving = issue({ subject: '/CN=k3s', names: 'IP:127.0.0.1', by: authority })
const clients = ['kubelet', 'kube-proxy'].map((name) =>
  issue({ subject: `/CN=${name}`, use: 'clientAuth', by: authority }),
)
const [kubelet, proxy] = clients.map((it) => ({ certificate: it.file, key: it.key })) as [As, As]
type As = NonNullable<Get['as']>

/** A server that says over which of its connections, counted from 1, and to whom it answers. */
async function start(t: Test, port = 0, answer = (_: TLSSocket, said: string) => said) {
  const sockets: TLSSocket[] = []
  const server: Server = createServer(
    { cert: serving.pem, key: readFileSync(serving.key), requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const socket = request.socket as TLSSocket
      const said = answer(socket, `${sockets.indexOf(socket) + 1} ${socket.getPeerCertificate().subject?.CN}`)
      if (said) response.end(said)
    },
  )
  server.on('secureConnection', (it) => sockets.push(it))
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const stop = () => {
    for (const it of sockets) it.destroy()
    return new Promise<void>((resolve) => server.close(() => resolve()))
  }
  t.teardown(stop)
  return { port: (server.address() as AddressInfo).port, sockets, stop }
}
function opened(t: Test, how: Pick<Get, 'keep'> = { keep: true }) {
  const machine = openMachine()
  t.teardown(() => machine.close())
  const host = machine.during(new AbortController().signal)
  return async (port: number, more: Partial<Get> = {}) => {
    const all: Get = {
      host: '127.0.0.1',
      port,
      path: '/',
      as: kubelet,
      authority: authority.file,
      ...how,
      ...more,
    }
    return (await host.get(all)).body
  }
}

t.test('one connection for each identity, for as long as it is the same', async (t) => {
  const { port, sockets } = await start(t)
  const ask = opened(t)
  const once = opened(t, {})
  t.equal(await ask(port), '1 kubelet')
  t.equal(await ask(port), '1 kubelet')
  t.equal(await ask(port, { as: proxy }), '2 kube-proxy', 'another identity is never shown over it')
  t.equal(await once(port), '3 kubelet', 'and who did not ask for it gets none')
  t.equal(await ask(port), '1 kubelet')
  t.equal(sockets[2]?.destroyed, true)
})

t.test('a certificate that was renewed is shown at once', async (t) => {
  const { port } = await start(t)
  const ask = opened(t)
  const as = { certificate: join(folder, 'renewed.crt'), key: join(folder, 'renewed.key') }
  const put = (it: As) => {
    copyFileSync(it.certificate, as.certificate)
    copyFileSync(it.key, as.key)
  }
  put(kubelet)
  t.equal(await ask(port, { as }), '1 kubelet')
  put(proxy)
  t.equal(await ask(port, { as }), '2 kube-proxy')
  rmSync(as.key)
  await t.rejects(ask(port, { as }), { code: 'missing' })
})

t.test('a server that has closed it meanwhile, or is gone, is asked over a new one', async (t) => {
  const first = await start(t)
  const ask = opened(t)
  t.equal(await ask(first.port), '1 kubelet')
  first.sockets[0]?.destroy()
  t.equal(await ask(first.port), '2 kubelet')
  await first.stop()
  await t.rejects(ask(first.port), { code: 'refused' })
  const second = await start(t, first.port)
  t.equal(await ask(second.port), '1 kubelet')
})

t.test('one on which no answer comes is left, and the next question has a new one', async (t) => {
  const hung = new Set<TLSSocket | undefined>()
  const { port, sockets } = await start(t, 0, (socket, said) => (hung.has(socket) ? '' : said))
  const ask = opened(t)
  t.equal(await ask(port), '1 kubelet')
  hung.add(sockets[0])
  await t.rejects(ask(port, { timeout: 300 }), { code: 'timeout', message: /within 0.3 s/ })
  t.equal(await ask(port), '2 kubelet')
  t.equal(sockets[0]?.destroyed, true)
})

t.test('a server that is slow has all of the time, on a new connection and on an old one', async (t) => {
  const slow = createServer(
    { cert: serving.pem, key: readFileSync(serving.key) },
    (_, response) => void setTimeout(() => response.end('at last'), 700),
  )
  await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve))
  t.teardown(() => slow.close())
  const ask = opened(t)
  const { port } = slow.address() as AddressInfo
  for (let count = 0; count < 2; count += 1) t.equal(await ask(port, { timeout: 1_300 }), 'at last')
})

t.test('files that are written just now are an error at once, and not of the process', async (t) => {
  const { port } = await start(t)
  const ask = opened(t)
  const [half, other] = [join(folder, 'half.crt'), join(folder, 'other.key')]
  writeFileSync(half, readFileSync(kubelet.certificate).subarray(0, 200))
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  writeFileSync(other, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  for (const as of [
    { ...kubelet, certificate: half },
    { ...kubelet, key: other },
  ]) {
    const begun = performance.now()
    await t.rejects(ask(port, { as }), { code: 'failed' })
    t.ok(performance.now() - begun < 2_000)
  }
  t.equal(await ask(port), '1 kubelet')
})

t.test('a new connection belongs to the round that asks, not to the one that began', async (t) => {
  const { port, sockets } = await start(t)
  const machine = openMachine()
  t.teardown(() => machine.close())
  const question: Get = {
    host: '127.0.0.1',
    port,
    path: '/',
    as: kubelet,
    authority: authority.file,
    keep: true,
  }
  const ask = async (signal: AbortSignal) => (await machine.during(signal).get(question)).body
  const first = new AbortController()
  t.equal(await ask(first.signal), '1 kubelet')
  first.abort()
  sockets[0]?.destroy()
  const next = new AbortController()
  t.equal(await ask(next.signal), '2 kubelet')
  const together = await Promise.all([1, 2, 3].map(() => ask(next.signal)))
  t.strictSame(together.toSorted(), ['2 kubelet', '3 kubelet', '4 kubelet'])
})

t.test('what is cut off leaves no connection behind that would begin with its rest', async (t) => {
  const { port } = await start(t, 0, (_, said) => `${said} ${'x'.repeat(100_000)}`)
  const ask = opened(t)
  t.equal(await ask(port, { limit: 9 }), '1 kubelet')
  t.equal(await ask(port, { limit: 9 }), '2 kubelet')
})

t.test('nobody but who has a certificate of the authority is asked, whoever was there before', async (t) => {
  const { port, stop } = await start(t)
  const ask = opened(t)
  t.equal(await ask(port), '1 kubelet')
  await stop()
  const stranger = issue({ subject: '/CN=k3s', names: 'IP:127.0.0.1' })
  const shown: unknown[] = []
  const server = createServer({
    cert: stranger.pem,
    key: readFileSync(stranger.key),
    requestCert: true,
    rejectUnauthorized: false,
  })
  server.on('secureConnection', (it) => shown.push(it.getPeerCertificate().subject))
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  await t.rejects(ask(port), { code: 'denied' })
  t.same(shown, [])
  const over = issue({
    subject: '/CN=k3s',
    names: 'IP:127.0.0.1',
    by: authority,
    from: days(-3),
    to: days(-1),
  })
  server.setSecureContext({ cert: over.pem, key: readFileSync(over.key) })
  await t.rejects(ask(port), { code: 'failed', message: /not valid now/ })
})

t.test('none grows old, and there are only a few', async (t) => {
  let now = 0
  const made: string[] = []
  const all = connections(() => now)
  t.teardown(() => all.close())
  const { port } = await start(t)
  const to = (key: string, stamp = 'a') =>
    all.to(key, stamp, (give) => {
      made.push(key)
      give(null, connect(port, '127.0.0.1'))
    })
  const first = to('a')
  now = 299_999
  t.equal(to('a'), first)
  now = 300_001
  const second = to('a')
  t.not(second, first)
  for (const key of 'bcdefgh') to(key)
  t.equal(to('a'), second)
  to('i')
  t.not(to('a'), second, 'the oldest made room')
  t.same(made, [], 'nothing is opened before something is asked')
})
