import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { ask, askFor } from '../../../agent/api/ask.ts'
import { serve } from '../../../agent/api/serve.ts'
import { openStore } from '../../../agent/state/store.ts'
import { picture } from '../small.ts'
import { chances, rawRequest } from './requests.ts'

const folder = mkdtempSync(join(tmpdir(), 'murphy-'))
const socket = join(folder, 'agent.sock')
const store = openStore(folder, 0)
store.keep('firewall', { about: {}, body: Buffer.alloc(1_500_000, 1) }, 8)
const server = await serve({
  socket,
  snapshot: () => picture,
  store,
  silence: () => undefined,
  now: () => 1000,
})
t.teardown(() => {
  server.close()
  store.close()
  rmSync(folder, { recursive: true })
})

/** Connects, writes, and waits for what comes back, at most until then. */
async function say(bytes: Buffer | string, end: Promise<unknown> = wait(1000)): Promise<string> {
  const it = connect(socket)
  let heard = ''
  it.on('data', (part) => (heard += part.toString('latin1')))
  it.on('error', () => undefined)
  it.write(bytes)
  await Promise.race([new Promise((resolve) => it.once('close', resolve)), end])
  it.destroy()
  return heard
}

/** So many who connect, do what they are told, and stay. */
async function stay(count: number, act: (it: Socket, index: number) => void = () => undefined) {
  const all = await Promise.all(
    Array.from({ length: count }, (_, index) => {
      const it = connect(socket)
      it.on('error', () => undefined)
      return new Promise<Socket>((resolve) =>
        it.once('connect', () => {
          act(it, index)
          resolve(it)
        }),
      )
    }),
  )
  return { end: () => all.map((it) => it.destroy()) }
}

/** How many the server still has. */
const connected = () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)))

const status = async () => (await askFor<{ node: string }>(socket, '/v1/status', 15_000)).node

t.test('a target that is no path is a mistake of whoever asks', async (t) => {
  for (const target of ['//', '///', 'http://', 'http://[', '//a:b:c'])
    t.match(await say(`GET ${target} HTTP/1.1\r\nHost: agent\r\n\r\n`), /^HTTP\/1\.1 400 /, target)
  t.equal(await status(), 'node1')
})

t.test('nonsense of every kind', async (t) => {
  const chance = chances(11)
  let answered = 0
  for (let round = 0; round < 60; round += 1) {
    // Whoever asked later was answered: the server has had its turn, however busy the machine is.
    const end = wait(30).then(status)
    const heard = await Promise.all(Array.from({ length: 20 }, () => say(rawRequest(chance), end)))
    answered += heard.filter((it) => it.startsWith('HTTP/1.1 ')).length
    t.equal(await status(), 'node1', `round ${round}`)
  }
  t.ok(answered > 400, `${answered} of 1200 were answered`)
})

t.test('whoever holds a connection and says nothing keeps nobody out', async (t) => {
  const ways: Record<string, (it: Socket) => void> = {
    silent: () => undefined,
    'half a request': (it) => void it.write('GET /v1/sta'),
    'headers without end': (it) => {
      it.write('GET /v1/status HTTP/1.1\r\n')
      const drip = setInterval(() => it.write('X: y\r\n'), 50)
      it.once('close', () => clearInterval(drip))
    },
    'a body that does not come': (it) =>
      void it.write('PUT /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nx'),
    'an answer nobody reads': (it) => {
      it.pause()
      it.write('GET /v1/artifacts?collector=firewall&id=1 HTTP/1.1\r\nHost: a\r\n\r\n')
    },
    'question after question': (it) =>
      void it.write('GET /v1/status HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(500)),
  }
  for (const [name, act] of Object.entries(ways)) {
    // More than may be connected at a time.
    const others = await stay(40, act)
    const started = performance.now()
    for (let tries = 0; tries < 5; tries += 1) t.equal(await status(), 'node1', name)
    // Node.js itself looks for such connections every 30 s.
    t.ok(performance.now() - started < 15_000, `${name}: at once`)
    const count = await connected()
    t.ok(count <= 33, `${name}: ${count} of 40 are still connected`)
    others.end()
  }
})

t.test('half a question is waited for, but not for long', async (t) => {
  const slow = await stay(3, (it) => void it.write('GET /v1/status HT'))
  await wait(200)
  t.equal(await connected(), 3)
  for (let count = 0; count < 100 && (await connected()) > 0; count += 1) await wait(100)
  t.equal(await connected(), 0)
  slow.end()
})

t.test('whoever comes again and again keeps nobody out', async (t) => {
  let came = 0
  const count = () => {
    came += 1
  }
  server.on('connection', count)
  // One process: two have a small machine to themselves, and then nobody is answered by anybody.
  const flood = spawn(process.execPath, [join(import.meta.dirname, 'flood.ts'), socket], {
    stdio: 'ignore',
    env: {},
  })
  t.teardown(() => flood.kill('SIGKILL'))
  for (let tries = 0; tries < 200 && came < 1000; tries += 1) await wait(50)
  t.ok(came >= 1000, 'they came')
  for (let tries = 0; tries < 5; tries += 1)
    t.match(await askFor(socket, '/v1/status', 15_000), { node: 'node1' })
  flood.kill('SIGKILL')
  await new Promise((resolve) => flood.once('close', resolve))
  server.off('connection', count)
})

t.test('one question a connection', async (t) => {
  const heard = await say('GET /v1/status HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(50))
  t.equal(heard.match(/HTTP\/1\.1 200/g)?.length, 1)
  t.match(heard, /connection: close/i)
})

t.test('an error of the answer is told to whoever asked, and to nobody else', async (t) => {
  const other = join(folder, 'other.sock')
  const throwing = await serve({
    socket: other,
    snapshot: () => {
      throw new Error(`no\u001b[2J${'x'.repeat(10_000)}`)
    },
    store,
    silence: () => {
      throw 'not even an error'
    },
  })
  t.teardown(() => throwing.close())
  await t.rejects(ask(other, '/v1/status'), /^the agent answered 500: no.\[2Jx{100,300}$/)
  await t.rejects(ask(other, '/metrics'), /500/)
  await t.rejects(ask(other, '/v1/silence?what=x&for=1', 5000, 'PUT'), /500: not even an error/)
})
