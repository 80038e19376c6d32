import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { isKnown, openServer } from '../../../agent/api/listen-tls.ts'
import type { ClientAuth, WebTls } from '../../../agent/model/index.ts'

const folder = t.testdir()
const made = (name: string, san: string) => {
  const file = (ending: string) => join(folder, `${name}.${ending}`)
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...[
        '-subj',
        `/CN=${name}`,
        '-addext',
        `subjectAltName=${san}`,
        '-keyout',
        file('key'),
        '-out',
        file('crt'),
      ],
    ],
    { stdio: 'ignore' },
  )
  return { cert: readFileSync(file('crt'), 'utf8'), key: readFileSync(file('key'), 'utf8') }
}
const own = made('own', 'IP:127.0.0.1')
const next = made('next', 'IP:127.0.0.1')
const client = made('client', 'DNS:prometheus.example')
const stranger = made('stranger', 'DNS:prometheus.example')
const tls = (more: Partial<WebTls> = {}): WebTls => ({
  ...{
    ...own,
    clientAuth: 'NoClientCert',
    clientNames: [],
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ...more,
  },
})

/** Asks once; gives the status, or the code of the error. */
const asked = (port: number, ca: string, shown: object = {}) =>
  new Promise<number | string | undefined>((resolve) => {
    const it = request({ host: '127.0.0.1', port, ca, agent: false, ...shown }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    it.on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
    it.end()
  })

async function opened(t: Test, config: WebTls, now = () => config) {
  const server = openServer(config, now, (request, response) => {
    const known = isKnown(request.socket as TLSSocket, config)
    response.writeHead(known ? 200 : 403, { connection: 'close' }).end()
  })
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

t.test('a new certificate is shown from the next connection on', async (t) => {
  let now = tls()
  const port = await opened(t, tls(), () => now)
  t.equal(await asked(port, own.cert), 200)
  now = tls(next)
  t.equal(await asked(port, next.cert), 200)
  t.equal(await asked(port, own.cert), 'DEPTH_ZERO_SELF_SIGNED_CERT')
  now = { ...tls(), key: 'half written' }
  t.equal(await asked(port, next.cert), 200, 'what cannot be used changes nothing')
})

t.test('who has to show a certificate, and which', async (t) => {
  const cases: readonly [ClientAuth, none: unknown, known: unknown, unknown: unknown][] = [
    ['NoClientCert', 200, 200, 200],
    ['RequestClientCert', 200, 200, 200],
    ['RequireAnyClientCert', 403, 200, 200],
    ['VerifyClientCertIfGiven', 200, 200, 403],
    ['RequireAndVerifyClientCert', /^(ERR_SSL|EPROTO|ECONNRESET)/, 200, /^(ERR_SSL|EPROTO|ECONNRESET|EPIPE)/],
  ]
  for (const [clientAuth, ...expected] of cases) {
    const verifies = /Verify/.test(clientAuth)
    const port = await opened(t, tls({ clientAuth, ...(verifies && { clientCa: client.cert }) }))
    const answers = [
      await asked(port, own.cert),
      await asked(port, own.cert, client),
      await asked(port, own.cert, stranger),
    ]
    t.match(answers, expected, clientAuth)
  }
})

t.test('only clients of these names', async (t) => {
  const verified = { clientAuth: 'RequireAndVerifyClientCert', clientCa: client.cert } as const
  const named = await opened(t, tls({ ...verified, clientNames: ['prometheus.example'] }))
  t.equal(await asked(named, own.cert, client), 200)
  const others = await opened(t, tls({ ...verified, clientNames: ['prometheus.example.org'] }))
  t.equal(await asked(others, own.cert, client), 403)
})

t.test('an old version of TLS is not spoken', async (t) => {
  const port = await opened(t, tls({ minVersion: 'TLSv1.3' }))
  t.equal(await asked(port, own.cert, { minVersion: 'TLSv1.3' }), 200)
  t.match(await asked(port, own.cert, { maxVersion: 'TLSv1.2' }), /^(ERR_SSL|EPROTO)/)
})
