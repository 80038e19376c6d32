import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { hashSync } from 'bcryptjs'
import t, { type Test } from 'tap'
import { type ListenOptions, listen } from '../../../agent/api/listen.ts'
import type { WebConfig } from '../../../agent/model/index.ts'

async function opened(t: Test, more: Partial<ListenOptions> = {}) {
  let made = 0
  const failed: string[] = []
  const listener = await listen({
    address: '127.0.0.1:0',
    metrics: async () => `murphy_info ${++made}\n`,
    failed: (text) => failed.push(text),
    ...more,
  })
  t.teardown(() => listener.close())
  const ask = async (path: string, init: RequestInit = {}) => {
    const it = await fetch(`${listener.url}${path}`, init)
    return { status: it.status, headers: it.headers, body: await it.text() }
  }
  return { ask, failed, made: () => made, url: listener.url }
}

t.test('the metrics, and nothing that can change the agent', async (t) => {
  const { ask } = await opened(t)
  const it = await ask('/metrics?x=1')
  t.match(it, { status: 200, body: 'murphy_info 1\n' })
  t.equal(it.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  t.match(await ask('/metrics', { method: 'HEAD' }), { status: 200, body: '' })
  for (const path of ['/', '/v1/status', '/v1/history', '/metrics/x'])
    t.equal((await ask(path)).status, 404, path)
  t.equal((await ask('/v1/silence?what=all&for=1', { method: 'PUT' })).status, 405)
})

t.test('many who ask at once are one making', async (t) => {
  const { ask, made } = await opened(t)
  await Promise.all(Array.from({ length: 20 }, () => ask('/metrics')))
  t.equal(made(), 1)
  await sleep(1100)
  await ask('/metrics')
  t.equal(made(), 2)
})

t.test('a password, headers, and a changed file at once', async (t) => {
  let web: WebConfig | Error = {
    users: { prometheus: hashSync('word', 4) },
    headers: { 'X-Frame-Options': 'deny' },
  }
  const { ask, failed } = await opened(t, {
    web() {
      if (web instanceof Error) throw web
      return web
    },
  })
  const authorization = `Basic ${btoa('prometheus:word')}`
  const none = await ask('/metrics')
  t.match(none, { status: 401 })
  t.equal(none.headers.get('www-authenticate'), 'Basic')
  t.equal((await ask('/', {})).status, 401, 'whatever is asked')
  const known = await ask('/metrics', { headers: { authorization } })
  t.equal(known.status, 200)
  t.equal(known.headers.get('x-frame-options'), 'deny')
  web = { ...web, users: { prometheus: hashSync('another', 4) } }
  t.equal((await ask('/metrics', { headers: { authorization } })).status, 401)
  web = new Error('web.yml: basic_auth_users: nonsense')
  t.match(await ask('/metrics', { headers: { authorization } }), { status: 500, body: /web\.config\.file/ })
  await ask('/metrics')
  t.strictSame(failed, ['web.yml: basic_auth_users: nonsense'], 'said once, and only to the log')
  const tls = { cert: '', key: '', clientAuth: 'NoClientCert', clientNames: [] } as const
  web = { headers: {}, tls: { ...tls, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' } }
  t.equal((await ask('/metrics')).status, 500, 'over plain HTTP nobody is asked for what TLS was to hide')
  t.match(failed[1], /restart Murphy/)
})

t.test('a file that is emptied opens nothing, and passwords that are added take a restart', async (t) => {
  const closed: WebConfig = { users: { prometheus: hashSync('word', 4) }, headers: {} }
  for (const [before, after] of [
    [closed, { headers: {} }],
    [{ headers: {} }, closed],
  ] as const) {
    let web: WebConfig = before
    const { ask, failed } = await opened(t, { web: () => web })
    const headers = { authorization: `Basic ${btoa('prometheus:word')}` }
    t.equal((await ask('/metrics', { headers })).status, 200)
    web = after
    t.equal((await ask('/metrics')).status, 500)
    t.equal((await ask('/metrics', { headers })).status, 500)
    t.match(failed, [/^basic_auth_users was added or removed; restart Murphy/])
  }
})

t.test('what cannot be made is an answer, and said once', async (t) => {
  const metrics = () => Promise.reject(new Error('no'))
  const { ask, failed } = await opened(t, { metrics })
  t.equal((await ask('/metrics')).status, 500)
  t.equal((await ask('/metrics')).status, 500)
  t.strictSame(failed, ['no'])
})

t.test('whoever says nothing, or nonsense, keeps nobody away', async (t) => {
  const { ask, url } = await opened(t)
  const { port } = new URL(url)
  const silent = Array.from({ length: 100 }, () =>
    connect(Number(port), '127.0.0.1').on('error', () => undefined),
  )
  t.teardown(() => silent.map((it) => it.destroy()))
  const rude = connect(Number(port), '127.0.0.1').on('error', () => undefined)
  rude.write(`GET /metrics HTTP/1.1\r\n${'x: y\r\n'.repeat(10_000)}`)
  t.teardown(() => rude.destroy())
  await sleep(100)
  t.equal((await ask('/metrics')).status, 200)
})

t.test('where another listens it says so, and an address may be one of IPv6', async (t) => {
  const { url } = await opened(t)
  const more = { metrics: async () => '', failed: () => undefined }
  await t.rejects(listen({ address: new URL(url).host, ...more }), { code: 'EADDRINUSE' })
  const six = await listen({ address: '[::1]:0', ...more }).catch(() => undefined)
  t.teardown(() => six?.close())
  if (six) t.match(six.url, /^http:\/\/\[::1\]:\d+$/)
})
