import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createSecureServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { openPost } from '../../../agent/delivery/post.ts'
import { webhook } from '../../../agent/delivery/sinks/webhook.ts'
import { certificates } from '../../collectors/certs/openssl.ts'
import { notice } from '../../receivers/notices.ts'
import { listen } from '../../receivers/server.ts'

const send = async (url: string, env: Record<string, string> = {}, timeout = 3000) => {
  const settings = { url }
  const post = openPost({ sink: webhook, settings, env, timeout })
  const [letter] = webhook.compose(notice('opened'), settings)
  try {
    return letter && (await post.send(letter))
  } finally {
    await post.close()
  }
}

t.test('one request, as it was written', async (t) => {
  const server = await listen('any', {}, () => ({ status: 200 }))
  t.teardown(() => server.close())
  t.match(await send(`http://127.0.0.1:${server.port}/a/b?c=d`), {
    status: 200,
    reading: { outcome: 'accepted' },
  })
  const [{ method, path, headers } = {}] = server.arrived
  t.match(
    { method, path, headers },
    { method: 'POST', path: '/a/b?c=d', headers: { 'user-agent': 'murphy' } },
  )
})

t.test('a connection that is held takes the next letter', async (t) => {
  const ports: (number | undefined)[] = []
  const server = createServer((request, response) => {
    ports.push(request.socket.remotePort)
    request.resume()
    response.end(request.method)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret-path`
  const post = openPost({ sink: webhook, settings: { url }, env: {} })
  t.teardown(async () => {
    await post.close()
    server.close()
  })
  t.equal(post.isOpen(), false)
  t.equal(await post.hold(), 'answered')
  t.equal(post.isOpen(), true)
  t.equal(await post.hold(), 'recent')
  t.equal(ports.length, 1, 'asked for again only after a while')
  const [letter] = webhook.compose(notice('opened'), { url })
  if (letter) t.match((await post.send(letter)).reading, { outcome: 'accepted' })
  t.equal(ports.length, 2)
  t.equal(ports[0], ports[1], 'over the same connection')
  server.closeIdleConnections()
  for (let left = 200; left > 0 && post.isOpen(); left -= 1) await wait(10)
  t.equal(post.isOpen(), false, 'the server closed it')
  t.equal(await post.hold(), 'silent', 'opened again only after a while')
  t.equal(ports.length, 2)
})

t.test('also through a proxy it is known whether a connection is there', async (t) => {
  const proxy = createServer((request, response) => {
    request.resume()
    response.end()
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const env = { http_proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` }
  const post = openPost({ sink: webhook, settings: { url: 'http://hooks.example/x' }, env })
  t.teardown(async () => {
    await post.close()
    proxy.close()
  })
  t.equal(await post.hold(), 'answered')
  t.equal(post.isOpen(), true)
})

t.test('holding a connection that cannot be had harms nobody', async (t) => {
  const post = openPost({ sink: webhook, settings: { url: 'http://127.0.0.1:1/x' }, env: {} })
  t.equal(await post.hold(), 'silent')
  t.equal(post.isOpen(), false)
  await post.close()
})

t.test('the whole of it has a deadline, also when the answer comes drop by drop', async (t) => {
  const server = createServer((request, response) => {
    request.resume()
    response.writeHead(503)
    const drip = setInterval(() => response.write('x'), 50)
    response.on('close', () => clearInterval(drip))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const start = performance.now()
  const sent = await send(`http://127.0.0.1:${(server.address() as AddressInfo).port}/x`, {}, 400)
  t.ok(performance.now() - start < 1500)
  t.match(sent, { status: 503, reading: { outcome: 'again' } }, 'the status had come')
})

t.test('errors name the host and nothing else', async (t) => {
  const sent = await send('http://no-such-name.invalid/secret-path')
  t.match(sent?.reading, { outcome: 'again', why: /^no-such-name\.invalid: has no address/ })
  t.notMatch(JSON.stringify(sent), /secret-path/)
})

t.test('through the proxy of the environment, except where it says no', async (t) => {
  const proxy = await listen('proxy', {}, () => ({ status: 202 }))
  const direct = await listen('direct', {}, () => ({ status: 204 }))
  t.teardown(() => Promise.all([proxy.close(), direct.close()]))
  const env = { http_proxy: `http://127.0.0.1:${proxy.port}`, no_proxy: '127.0.0.1' }
  t.equal((await send('http://no-such-name.invalid/x', env))?.status, 202)
  t.equal(proxy.arrived[0]?.path, 'http://no-such-name.invalid/x')
  t.equal((await send(`http://127.0.0.1:${direct.port}/x`, env))?.status, 204)
})

t.test('a proxy named without a scheme, as curl takes it, and one that is no address', async (t) => {
  const proxy = await listen('proxy', {}, () => ({ status: 202 }))
  const direct = await listen('direct', {}, () => ({ status: 204 }))
  t.teardown(() => Promise.all([proxy.close(), direct.close()]))
  const env = { http_proxy: `127.0.0.1:${proxy.port}` }
  t.equal((await send('http://no-such-name.invalid/x', env))?.status, 202)
  for (const http_proxy of ['ftp://127.0.0.1:1', 'http://', ':', ' '])
    t.equal((await send(`http://127.0.0.1:${direct.port}/x`, { http_proxy }))?.status, 204, http_proxy)
})

t.test('a proxy that would rather speak HTTP/2 is spoken to in HTTP/1', async (t) => {
  const { issue } = certificates(t)
  const its = issue({ subject: '/CN=localhost', names: 'DNS:localhost' })
  const spoken: unknown[] = []
  const proxy = createSecureServer({ cert: its.pem, key: readFileSync(its.key), allowHTTP1: true })
  proxy.on('secureConnection', (it) => spoken.push(it.alpnProtocol))
  proxy.on('connect', (_, socket) => socket.end('HTTP/1.1 407 No\r\n\r\n'))
  proxy.on('request', (_, response) => response.writeHead(202).end())
  await new Promise<void>((resolve) => proxy.listen(0, 'localhost', resolve))
  const { NODE_TLS_REJECT_UNAUTHORIZED: before } = process.env
  t.teardown(() => {
    proxy.close()
    if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
    else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before
  })
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
  const env = { http_proxy: `https://localhost:${(proxy.address() as AddressInfo).port}` }
  t.equal((await send('http://no-such-name.invalid/x', env))?.status, 202)
  t.ok(spoken.length > 0 && !spoken.includes('h2'), `spoken: ${spoken}`)
})

t.test('a proxy that does not let it through', async (t) => {
  const asked: string[] = []
  const proxy = createServer().on('connect', (request, socket) => {
    asked.push(request.url ?? '')
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  t.teardown(() => proxy.close())
  const env = { HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` }
  const sent = await send('https://no-such-name.invalid/x', env)
  t.equal(sent?.reading.outcome, 'again')
  t.same(asked, ['no-such-name.invalid:443'])
})

t.test('a letter does not wait for a connection that is held and cannot be had', async (t) => {
  const proxy = createServer().on('connect', () => {})
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const env = { https_proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` }
  const post = openPost({ sink: webhook, settings: { url: 'https://hooks.example/x' }, env })
  t.teardown(async () => {
    await post.close()
    proxy.close()
  })
  const begun = performance.now()
  t.equal(await post.hold(AbortSignal.timeout(100)), 'silent')
  t.ok(performance.now() - begun < 2500, 'it is given less than the 3 s of one that nobody waits for')
})

t.test('a proxy that takes a connection and is silent keeps no later letter', async (t) => {
  let asked = 0
  const proxy = createServer().on('connect', (_, socket) => {
    asked += 1
    if (asked > 1) socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const settings = { url: 'https://hooks.example/x' }
  const env = { https_proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` }
  const post = openPost({ sink: webhook, settings, env, timeout: 1500 })
  t.teardown(async () => {
    await post.close()
    proxy.close()
  })
  const [letter] = webhook.compose(notice('opened'), settings)
  const answers = [letter && (await post.send(letter)), letter && (await post.send(letter))]
  t.match(answers, [
    {
      reading: {
        outcome: 'again',
        why: 'hooks.example: cannot be reached: the proxy opened no connection in time',
      },
    },
    { reading: { outcome: 'again' } },
  ])
  t.equal(asked, 2, 'and is asked again')
  t.notOk(answers[0] && 'unconfirmed' in answers[0].reading, 'the letter did not go out')
})
