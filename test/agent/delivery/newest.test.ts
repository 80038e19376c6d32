import { execFileSync } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer as createProxy, type RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { newestVersion } from '../../../agent/delivery/newest.ts'
import { makeKey, signFolder } from '../../real/published.ts'

const key = makeKey()

/** A place with that in its channel, and with what install.sh is told of it. */
function published(t: Test, stable: string, by = key) {
  const place = t.testdir({ stable })
  signFolder(place, by)
  return { place, keys: [makeKey().spki, key.spki] }
}

t.test('a folder', async (t) => {
  const it = published(t, '1.10.0\n')
  t.equal(await newestVersion(it), '1.10.0')
  await t.rejects(newestVersion(it, { channel: 'beta' }), /ENOENT/)
  await t.rejects(newestVersion({ ...it, keys: ['x', ''] }), /not signed by Murphy's key/)
  writeFileSync(join(it.place, 'stable'), '9.9.9\n')
  await t.rejects(newestVersion(it), /the channel stable is not in its signed list/)
  await t.rejects(newestVersion(published(t, '<html>')), /names no version/)
  await t.rejects(newestVersion(published(t, '1.0.0', makeKey())), /not signed by Murphy's key/)
  const damaged = published(t, '1.0.0')
  cpSync(join(damaged.place, 'stable'), join(damaged.place, 'SHA256SUMS.sig'))
  await t.rejects(newestVersion(damaged), /not signed by Murphy's key/)
})

t.test('https', async (t) => {
  const it = published(t, '1.10.0\n')
  const files = ['-keyout', join(it.place, 'tls.key'), '-out', join(it.place, 'tls.crt')]
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=localhost']
  const named = ['-addext', 'subjectAltName=DNS:localhost']
  execFileSync('openssl', ['req', '-x509', ...kind, ...named, ...files], { stdio: 'pipe' })
  const read = (name: string) => readFileSync(join(it.place, name))
  let answer: RequestListener = ({ url = '' }, response) => {
    if (url.startsWith('/new/')) response.end(read(url.slice(5)))
    else response.writeHead(302, { location: `/new${url}` }).end()
  }
  const server = createServer({ key: read('tls.key'), cert: read('tls.crt') }, (request, response) =>
    answer(request, response),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const ca = read('tls.crt').toString()
  const place = `https://localhost:${(server.address() as AddressInfo).port}`
  const asked = (more = {}) => newestVersion({ ...it, place }, { ca, ...more })
  t.equal(await asked(), '1.10.0', 'where it leads to')
  await t.rejects(newestVersion({ ...it, place }), /self.signed/)
  const answers: readonly (readonly [RequestListener, RegExp])[] = [
    [(_, response) => response.end('<!DOCTYPE html>'), /not signed by Murphy's key/],
    [(_, response) => response.writeHead(404).end(), /it answers 404/],
    [(_, response) => response.writeHead(302, { location: '/' }).end(), /from one address to another/],
    [(_, response) => response.writeHead(302, { location: 'http://localhost/' }).end(), /by https:\/\/ only/],
    [(_, response) => response.end('x'.repeat(100_000)), /more than a list of sums/],
    [() => {}, /no answer in 0.3 s/],
  ]
  for (const [it, sentence] of answers) {
    answer = it
    await t.rejects(asked({ timeout: 300 }), sentence)
  }
  await t.rejects(newestVersion({ ...it, place: 'https://127.0.0.1:9' }), /ECONNREFUSED/)
  await t.rejects(newestVersion({ ...it, place: 'http://127.0.0.1:9' }), /by https:\/\/ only/)
})

for (const answer of ['', 'HTTP/1.1 200 OK\r\n\r\n'])
  t.test(
    `a proxy that ${answer ? 'lets it through to silence' : 'is silent'} is not waited for`,
    async (t) => {
      const proxy = createProxy().on('connect', (_, socket) => {
        if (answer) socket.write(answer)
      })
      await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
      const { https_proxy, no_proxy } = process.env
      t.teardown(() => {
        for (const [name, value] of Object.entries({ https_proxy, no_proxy }))
          if (value === undefined) delete process.env[name]
          else process.env[name] = value
        proxy.close()
      })
      process.env.no_proxy = ''
      process.env.https_proxy = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
      const it = { ...published(t, '1.0.0'), place: 'https://releases.example' }
      await t.rejects(newestVersion(it, { timeout: 500 }), { message: 'no answer in 0.5 s' })
    },
  )
