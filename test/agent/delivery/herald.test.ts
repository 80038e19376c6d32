import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { proclaim } from '../../../agent/delivery/herald.ts'
import type { ProclaimOptions } from '../../../agent/delivery/herald-line.ts'
import { alertmanager } from '../../../agent/delivery/sinks/alertmanager.ts'
import { alertmanagerReceiver } from '../../receivers/alertmanager.ts'

const until = async (it: () => boolean) => {
  for (let left = 600; left > 0 && !it(); left -= 1) await sleep(10)
}
const all = () => [{ labels: { alertname: 'A', node: 'node1', role: 'cause' }, starts: Date.now() }]

async function opened(t: Test, urls: readonly string[], more: Partial<ProclaimOptions> = {}) {
  const states: unknown[] = []
  const delivery = proclaim({
    ...{ sink: alertmanager as never, settings: { urls, ...more.settings }, name: 'am', all },
    head: () => ({ node: 'node1' }),
    log: { info() {}, warn() {} },
    changed: (it) => void states.push(it),
    random: () => 0,
    ...(more.elapsed && { elapsed: more.elapsed }),
    sleep: async (ms, signal) => void (await sleep(ms / 100, undefined, { signal }).catch(() => undefined)),
  })
  t.teardown(() => delivery.stop())
  return { delivery, states }
}

t.test(
  'all servers of a cluster are told; one that is down holds up no other, and fails nothing',
  async (t) => {
    const one = await alertmanagerReceiver()
    const two = await alertmanagerReceiver()
    t.teardown(() => Promise.all([one.close(), two.close()]))
    two.fault = () => 'hang'
    const { delivery } = await opened(t, [one.url, two.url, 'http://127.0.0.1:9/'])
    await until(() => one.firing().length === 1)
    t.equal(one.firing().length, 1)
    // It has arrived before its answer is read.
    await until(() => delivery.state().lacks !== undefined && delivery.state().lastSent !== undefined)
    t.match(delivery.state(), {
      ...{ name: 'am', type: 'alertmanager', failing: undefined, waiting: 0, lastSent: Number },
      lacks: /^one of 3 takes nothing: 127\.0\.0\.1: refused the connection/,
    })
    two.fault = undefined
  },
)

t.test('where none takes anything it fails, since the last one did', async (t) => {
  const { delivery, states } = await opened(t, ['http://127.0.0.1:9/', 'http://127.0.0.1:9/x'])
  await until(() => delivery.state().failing !== undefined)
  t.match(delivery.state(), { failing: { why: /refused the connection/ }, waiting: 1, lastSent: undefined })
  t.ok(states.length > 0)
})

t.test('its workers live whatever the servers do, until one is not back, or it is stopped', async (t) => {
  let elapsed = 0
  const { delivery } = await opened(t, ['http://127.0.0.1:9/'], { elapsed: () => elapsed })
  await until(() => delivery.state().failing !== undefined)
  t.equal(delivery.lives?.(), true)
  elapsed += 24 * 3600_000
  t.equal(delivery.lives?.(), false)
  delivery.wake()
  await until(() => delivery.lives?.() === true)
  t.equal(delivery.lives?.(), true, 'it is back')
  await delivery.stop()
  t.equal(delivery.lives?.(), false)
})

t.test('a password and a token are shown, and in no message of its own', async (t) => {
  const basic = await alertmanagerReceiver({ auth: `Basic ${btoa('murphy:s3cret-word')}` })
  const bearer = await alertmanagerReceiver({ auth: 'Bearer t0ken-word' })
  t.teardown(() => Promise.all([basic.close(), bearer.close()]))
  await opened(t, [basic.url], { settings: { user: 'murphy', password: 's3cret-word' } })
  await opened(t, [bearer.url], { settings: { token: 't0ken-word' } })
  await until(() => basic.firing().length + bearer.firing().length === 2)
  t.strictSame([basic.firing().length, bearer.firing().length], [1, 1])
  const wrong = await opened(t, [bearer.url], { settings: { token: 'another-word' } })
  await until(() => wrong.delivery.state().failing !== undefined)
  t.match(wrong.delivery.state().failing, { why: '127.0.0.1: answered 401' })
})

t.test('over TLS by its own authority, name and client certificate, and by no other', async (t) => {
  const folder = t.testdir()
  const made = (name: string) => {
    const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)]
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
        ...['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`, '-keyout', key, '-out', cert],
      ],
      { stdio: 'ignore' },
    )
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  }
  const [own, client] = [made('am.example'), made('murphy.example')]
  let asked = 0
  const server = createServer({ ...own, requestCert: true, ca: client.cert }, (_, response) => {
    asked += 1
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const why = async (settings: object) => {
    const { delivery } = await opened(t, [url], { settings })
    await until(() => delivery.state().failing !== undefined || delivery.state().lastSent !== undefined)
    return delivery.state().failing?.why ?? 'sent'
  }
  const named = { ca: own.cert, server_name: 'am.example' }
  t.match(await why({}), /shows a certificate this node does not trust/)
  t.match(await why({ ca: own.cert }), /shows a certificate for another name/)
  t.match(await why(named), /./, 'without its own')
  t.equal(await why({ ...named, ...client }), 'sent')
  t.equal(asked > 0, true)
  const other = made('other.example')
  t.not(await why({ ...named, ...other }), 'sent')
})
