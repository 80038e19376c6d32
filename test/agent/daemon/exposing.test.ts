import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { exposing } from '../../../agent/daemon/exposing.ts'

const until = async (it: () => boolean) => {
  for (let left = 500; left > 0 && !it(); left -= 1) await sleep(10)
}
const metrics = async () => 'a 1\n'
const opened = (metricsConfig: object, again = 20) => {
  const said: string[] = []
  const add = (_: object, text: string) => void said.push(text)
  const it = exposing({ config: { metrics: metricsConfig }, metrics, log: { warn: add, info: add }, again })
  return { said, stop: it.stop, state: it.state, url: () => /http\S+/.exec(said.join('\n'))?.[0] ?? '' }
}

t.test('nothing where nothing is asked for', async (t) => {
  const { said, stop } = opened({})
  await stop()
  t.strictSame(said, [])
})

t.test('on an address and in a file, until it is stopped', async (t) => {
  const file = join(t.testdir(), 'murphy.prom')
  const { said, stop, url } = opened({ listen: '127.0.0.1:0', textfile: file })
  await until(() => url() !== '' && existsSync(file))
  t.match(said, [/^the metrics are at http:\/\/127\.0\.0\.1:\d+\/metrics$/])
  t.equal(await fetch(url()).then((it) => it.text()), 'a 1\n')
  t.equal(readFileSync(file, 'utf8'), 'a 1\n')
  stop()
  await t.rejects(fetch(url()))
  t.match(readFileSync(file, 'utf8'), /^# Murphy was stopped/)
})

t.test('an address that takes long to look up keeps nobody from stopping', async (t) => {
  const { said, stop, url } = opened({ listen: 'localhost:0' })
  let turned = false
  setImmediate(() => {
    turned = true
  })
  await stop()
  t.notOk(turned, 'it waits for no lookup')
  await sleep(100)
  t.strictSame(said, [], 'nor does it listen afterwards')
  t.equal(url(), '')
})

t.test('what everyone can reach without a password is said', async (t) => {
  const { said, stop } = opened({ listen: '0.0.0.0:0' })
  await until(() => said.length > 1)
  t.match(said[1], /^whoever reaches 0\.0\.0\.0:0 can read the metrics/)
  await stop()
  const web = join(t.testdir(), 'web.yml')
  writeFileSync(web, `basic_auth_users: { a: "$2b$10$${'a'.repeat(53)}" }`)
  const closed = opened({ listen: '0.0.0.0:0', webConfig: web })
  await until(() => closed.said.length > 0)
  await sleep(20)
  t.match(closed.said, [
    /^the metrics are at/,
    /^passwords for 0\.0\.0\.0:0 go over the network as they are; tls_server_config/,
  ])
  await closed.stop()
  writeFileSync(web, 'http_server_config: { headers: { X-Frame-Options: deny } }')
  const empty = opened({ listen: '0.0.0.0:0', webConfig: web })
  await until(() => empty.said.length > 1)
  t.match(empty.said[1], /^whoever reaches 0\.0\.0\.0:0 can read the metrics/)
  empty.stop()
  const local = opened({ listen: '127.0.0.1:0', webConfig: web })
  await until(() => local.said.length > 0)
  await sleep(20)
  t.equal(local.said.length, 1)
  local.stop()
})

t.test('an address that is taken, or a file that is wrong, is said once and tried again', async (t) => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const at = other.address()
  const port = typeof at === 'object' && at ? at.port : 0
  const address = `127.0.0.1:${port}`
  const { said, stop, state, url } = opened({ listen: address })
  t.strictSame(state(), [{ place: address }], 'not known yet')
  await until(() => said.length > 0)
  await sleep(100)
  t.match(said, [/^the metrics cannot be shown on 127\.0\.0\.1:\d+: another program listens there/])
  t.match(state(), [{ place: address, failing: { since: Number, why: /^another program listens there/ } }])
  await new Promise((resolve) => other.close(resolve))
  await until(() => url() !== '')
  t.equal(await fetch(url()).then((it) => it.status), 200)
  t.strictSame(state(), [{ place: address }])
  await stop()
  const web = join(t.testdir(), 'web.yml')
  writeFileSync(web, 'nonsense: 1')
  const wrong = opened({ listen: '127.0.0.1:0', webConfig: web })
  await until(() => wrong.said.length > 0)
  t.match(wrong.said[0], /web\.yml/)
  t.match(wrong.state()[0]?.failing?.why, /web\.yml/)
  await wrong.stop()
})

t.test('a file that cannot be written is known for as long', async (t) => {
  const file = join(t.testdir(), 'none', 'murphy.prom')
  const { state, stop } = opened({ textfile: file })
  await until(() => state()[0]?.failing !== undefined)
  t.match(state(), [{ place: file, failing: { since: Number, why: 'its folder does not exist (ENOENT)' } }])
  stop()
})
