import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { ask, askFor } from '../../../agent/api/ask.ts'

const folder = mkdtempSync(join(tmpdir(), 'murphy-'))
t.teardown(() => rmSync(folder, { recursive: true }))
let count = 0

/** Another program on the socket, which answers as it likes. */
async function program(answer: (socket: Socket, time: number) => void): Promise<string> {
  count += 1
  const path = join(folder, `${count}.sock`)
  let times = 0
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    times += 1
    answer(socket, times)
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  t.teardown(() => server.close())
  return path
}
const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'

/** Writes until nobody takes it any more. */
function endless(socket: Socket, first: string, more: string): void {
  socket.write(first)
  const go = () => {
    while (!socket.destroyed && socket.write(more));
  }
  socket.on('drain', go)
  go()
}

t.test('what answers in place of the agent is bounded, and said', async (t) => {
  const megabyte = 'x'.repeat(1024 * 1024)
  const ways: Readonly<Record<string, readonly [(socket: Socket) => void, RegExp]>> = {
    'no JSON': [(it) => it.end(`${head}\r\nhello s3cr3t`), /is not the agent: it sends no JSON$/],
    'no HTTP': [(it) => it.end('SSH-2.0-OpenSSH_9.6\r\n'), /is not the agent: it does not speak HTTP$/],
    'a huge header': [(it) => it.end(`${head}X: ${megabyte}\r\n\r\n`), /is not the agent/],
    'headers without end': [(it) => endless(it, head, 'X: y\r\n'.repeat(100)), /is not the agent/],
    'a body without end': [(it) => endless(it, `${head}\r\n`, megabyte), /sends more than 16 MiB/],
    'a body in pieces without end': [
      (it) => endless(it, `${head}Transfer-Encoding: chunked\r\n\r\n`, `100000\r\n${megabyte}\r\n`),
      /is not the agent: it sends its answer in pieces$/,
    ],
    'preliminary answers without end': [
      (it) => endless(it, '', 'HTTP/1.1 103 Early Hints\r\n\r\n'),
      /is not the agent: it does not speak HTTP$/,
    ],
    'another protocol': [
      (it) => it.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
      /changes the protocol/,
    ],
    silence: [() => undefined, /does not answer within 0.7 s/],
    'drop by drop': [
      (it) => {
        it.write(`${head}Content-Length: 1000\r\n\r\n`)
        const drip = setInterval(() => it.write('x'), 50)
        it.once('close', () => clearInterval(drip))
      },
      /does not answer within 0.7 s/,
    ],
    'an error with terminal codes': [
      (it) => it.end(`HTTP/1.1 500 X\r\n\r\n\u001b[2J${megabyte}`),
      /^the agent answered 500: \ufffd\[2Jx{290,300}$/,
    ],
    'less than it promised': [(it) => it.end(`${head}Content-Length: 10\r\n\r\n{}`), /./],
    'nothing at all': [(it) => it.end(), /./],
  }
  for (const [name, [act, says]] of Object.entries(ways)) {
    // 16 MiB take their time; of the rest some is never over, and whoever is sent away asks again until then.
    const patience = says.source.includes('16 MiB') ? 20_000 : 700
    const asked = askFor(await program(act), '/v1/status', patience)
    const failed = await asked.then(String, (it: Error) => it.message)
    t.match(failed, says, name)
    t.notMatch(failed, /s3cr3t/)
  }
})

t.test('whoever was sent away tries again', async (t) => {
  const path = await program((it, time) => (time < 3 ? it.destroy() : it.end(`${head}\r\n[1]`)))
  t.strictSame(await askFor(path, '/v1/status', 5000), [1])
})

t.test('no request is smuggled in by a path', async (t) => {
  const path = await program((it) => it.end(`${head}\r\n[1]`))
  for (const bad of ['', 'v1/status', '/a b', '/a\r\nX: y', '/\u00e9'])
    await t.rejects(ask(path, bad), TypeError, JSON.stringify(bad))
})

t.test('nobody there is said at once, with the code', async (t) => {
  await t.rejects(ask(join(folder, 'none'), '/v1/status'), { code: 'ENOENT' })
})
