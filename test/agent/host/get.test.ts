import { readFileSync, writeFileSync } from 'node:fs'
import { createServer as createHttp } from 'node:http'
import { createServer, type ServerOptions } from 'node:https'
import { type AddressInfo, createServer as createTcp, type Server } from 'node:net'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import t from 'tap'
import { openMachine } from '../../../agent/host/machine.ts'
import { recording } from '../../../agent/host/recorder.ts'
import { recordedNode } from '../../../agent/host/replay.ts'
import type { Get, HostError } from '../../../agent/model/index.ts'
import { certificates, days, openssl } from '../../collectors/certs/openssl.ts'

const machine = openMachine()
t.teardown(() => machine.close())
const host = machine.during(new AbortController().signal)
const { issue, folder } = certificates(t)
const authority = issue({ subject: '/CN=client-ca', ca: true })
const client = issue({ subject: '/CN=system:admin', use: 'clientAuth', by: authority })
const serving = issue({ subject: '/CN=k3s', names: 'IP:127.0.0.1' })
const key = readFileSync(client.key, 'utf8')

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}
const https = (answer: (socket: TLSSocket, path: string) => [number, string], more: ServerOptions = {}) =>
  listening(
    createServer(
      {
        cert: serving.pem,
        key: readFileSync(serving.key),
        requestCert: true,
        rejectUnauthorized: false,
        ...more,
      },
      (request, response) => {
        const [status, body] = answer(request.socket as TLSSocket, request.url ?? '')
        response.writeHead(status, { 'content-type': 'application/json' }).end(body)
      },
    ),
  )
const question = (port: number, more: Partial<Get> = {}): Get => ({
  host: '127.0.0.1',
  port,
  path: '/version',
  ...more,
})
const as = { certificate: client.file, key: client.key }

t.test('it shows the certificate it is told to, and no other time', async (t) => {
  const port = await https((socket, path) => {
    const { subject } = socket.getPeerCertificate()
    return subject ? [200, `${subject.CN} ${path}`] : [401, 'who are you']
  })
  t.same(await host.get(question(port, { as })), { status: 200, body: 'system:admin /version' })
  t.same(await host.get(question(port)), { status: 401, body: 'who are you' })
})

t.test('the body is cut, the time is bounded, and what is no HTTPS says so', async (t) => {
  const large = await https(() => [200, 'x'.repeat(10_000_000)])
  t.equal((await host.get(question(large))).body.length, 4096)
  const silent = await listening(createTcp(() => {}))
  const begun = performance.now()
  await t.rejects(host.get(question(silent, { timeout: 300 })), { code: 'timeout' })
  t.ok(performance.now() - begun < 2_000)
  const plain = await listening(createHttp((_, response) => response.end('hello')))
  await t.rejects(host.get(question(plain)), { code: 'failed', message: /does not speak TLS|hung up/ })
  await t.rejects(host.get(question(1)), { code: 'refused' })
  const drip = await listening(
    createServer({ cert: serving.pem, key: readFileSync(serving.key) }, (_, response) => response.write('a')),
  )
  await t.rejects(host.get(question(drip, { timeout: 300 })), { code: 'timeout' })
  const ending = new AbortController()
  const round = machine.during(ending.signal)
  setTimeout(() => ending.abort(), 100)
  await t.rejects(round.get(question(silent)), { code: 'timeout', message: /its round was over/ })
})

t.test('a server that has to be of an authority is shown nothing unless it is', async (t) => {
  const own = issue({ subject: '/CN=server-ca', ca: true })
  const ours = issue({ subject: '/CN=k3s', names: 'IP:127.0.0.1', by: own })
  const elsewhere = issue({ subject: '/CN=k3s', names: 'IP:198.51.100.1', by: own })
  const met: string[] = []
  const server = (it: typeof ours, more: ServerOptions = {}) =>
    https((socket) => [met.push(`${socket.getPeerCertificate().subject?.CN}`) && 200, 'x'.repeat(9000)], {
      ...{ cert: it.pem, key: readFileSync(it.key), ...more },
    })
  const verified = { as, authority: own.file }
  t.equal((await host.get(question(await server(ours), { ...verified, limit: 8000 }))).body.length, 8000)
  t.strictSame(met, ['system:admin'])
  const refused = [
    await server(serving),
    await server(elsewhere),
    await server(ours, { maxVersion: 'TLSv1.2' }),
  ]
  const why = [
    { code: 'denied', message: /that the cluster's CA did not sign/ },
    { code: 'denied', message: /that is for other names/ },
    { code: 'failed' },
  ]
  for (const [at, port] of refused.entries())
    await t.rejects(host.get(question(port, verified)), why[at] as { code: string })
  t.strictSame(met, ['system:admin'])
  await t.rejects(host.get(question(refused[0] as number, { ...verified, authority: '/none' })), {
    code: 'missing',
  })
})

t.test('a certificate of the right authority that has expired is said to have', async (t) => {
  const own = issue({ subject: '/CN=server-ca', ca: true })
  const old = issue({ subject: '/CN=k3s', names: 'IP:127.0.0.1', by: own, from: days(-9), to: days(-1) })
  const port = await https(() => [200, ''], { cert: old.pem, key: readFileSync(old.key) })
  await t.rejects(host.get(question(port, { authority: own.file })), {
    ...{ code: 'failed', message: /that is not valid now \(CERT_HAS_EXPIRED\)/ },
  })
})

t.test('plain HTTP, which parts of k3s speak on loopback', async (t) => {
  const server = createHttp((request, response) => {
    if (request.url === '/hang') return
    response.statusCode = request.url === '/healthz' ? 200 : 503
    response.end(request.url === '/long' ? 'x'.repeat(1_000_000) : 'ok')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const ask = (path: string) => host.get({ host: '127.0.0.1', port, path, plain: true, timeout: 300 })
  t.strictSame(await ask('/healthz'), { status: 200, body: 'ok' })
  t.match(await ask('/other'), { status: 503 })
  t.equal((await ask('/long')).body.length, 4096, 'no more than is of use')
  await t.rejects(ask('/hang'), { code: 'timeout' })
  server.closeAllConnections()
  server.close()
  await t.rejects(ask('/healthz'), { code: 'refused' })
})

t.test('a key that cannot be used is named, never quoted', async (t) => {
  const port = await https(() => [200, ''])
  await t.rejects(host.get(question(port, { as: { ...as, key: '/none' } })), { code: 'missing' })
  const broken = join(folder, 'broken.key')
  const middle = key.split('\n')[1] as string
  writeFileSync(broken, key.replace(middle, `${middle.slice(0, 10)}AAAA${middle.slice(14)}`))
  const other = join(folder, 'other.key')
  openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', other)
  for (const wrong of [broken, other]) {
    const error = await host.get(question(port, { as: { ...as, key: wrong } })).catch((it: HostError) => it)
    t.match(error, { code: 'failed' })
    const said = `${(error as Error).message}${(error as Error).stack}${JSON.stringify(error)}`
    t.notOk(said.includes(middle.slice(0, 10)) || said.includes('PRIVATE'), said)
  }
})

t.test('a recording answers the same, and holds nothing of the key', async (t) => {
  const port = await https((socket) => [socket.getPeerCertificate().subject ? 200 : 401, '{"token": "abc"}'])
  const target = join(t.testdir(), 'recorded')
  const it = recording(host, target, 'node1')
  const asked = async (one: Pick<typeof it, 'get'>) => [
    (await one.get(question(port, { as }))).status,
    (await one.get(question(port))).status,
    await one.get(question(1)).catch((error: HostError) => error.code),
  ]
  const then = await asked(it)
  it.finish()
  t.same(await asked(recordedNode(target)), then)
  t.same(then, [200, 401, 'refused'])
  const kept = readFileSync(join(target, 'node.json'), 'utf8')
  t.notMatch(kept, /PRIVATE|abc/)
  await t.rejects(recordedNode(target).get(question(2)), { code: 'unrecorded' })
})
