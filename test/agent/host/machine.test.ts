import { execFileSync } from 'node:child_process'
import { symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer as createHttp } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createServer as createTls } from 'node:tls'
import t from 'tap'
import { openMachine } from '../../../agent/host/machine.ts'

const machine = openMachine()
const host = machine.during(new AbortController().signal)
t.teardown(() => machine.close())

t.test('files are read whole, or not at all with the reason', async (t) => {
  const folder = t.testdir({ small: 'text', empty: '', sub: {} })
  t.equal(await host.text(`${folder}/small`), 'text')
  t.equal(await host.text(`${folder}/empty`), '')
  await t.rejects(host.text(`${folder}/none`), {
    code: 'missing',
    message: /reading .*none: there is no such thing/,
  })
  await t.rejects(host.text(`${folder}/sub`), { code: 'failed' })
  writeFileSync(`${folder}/big`, '')
  truncateSync(`${folder}/big`, 2 ** 32)
  await t.rejects(host.text(`${folder}/big`), { code: 'too-large' })
  await t.rejects(host.text('/proc/kallsyms', { limit: 100 }), { code: 'too-large' })
  t.match(await host.text('/proc/self/comm'), /\w/)
  execFileSync('mkfifo', [`${folder}/fifo`])
  await t.rejects(
    host.text(`${folder}/fifo`),
    { code: 'failed', message: /not a regular file/ },
    'a FIFO blocks nobody',
  )
})

t.test('a part of a file, for reading how it grew', async (t) => {
  const folder = t.testdir({ log: '0123456789' })
  const machine = openMachine()
  t.teardown(() => machine.close())
  const host = machine.during(new AbortController().signal)
  const part = async (from: number, length: number) =>
    Buffer.from(await host.range(join(folder, 'log'), from, length)).toString()
  t.equal(await part(2, 3), '234')
  t.equal(await part(8, 100), '89', 'what is not there yet is not there')
  t.equal(await part(99, 5), '')
  await t.rejects(host.range(join(folder, 'none'), 0, 1), { code: 'missing' })
  await t.rejects(host.range('/dev/zero', 0, 1), { code: 'failed', message: /not a regular file/ })
})

t.test('folders, links and inodes', async (t) => {
  const folder = t.testdir({ b: '', a: {} })
  symlinkSync('b', `${folder}/c`)
  t.strictSame(await host.list(folder), [
    { name: 'a', kind: 'folder' },
    { name: 'b', kind: 'file' },
    { name: 'c', kind: 'link' },
  ])
  t.equal(await host.target(`${folder}/c`), 'b')
  t.match(await host.stat(`${folder}/c`), { kind: 'file', size: 0 })
  await t.rejects(host.list(`${folder}/none`), { code: 'missing' })
})

t.test('many at once: an answer or an error for each, in their order', async (t) => {
  const folder = t.testdir({ a: 'text', b: '', sub: {} })
  const paths = ['a', 'none', 'sub', 'b'].map((name) => `${folder}/${name}`)
  const all = await host.stats(paths)
  t.match(all, [{ kind: 'file', size: 4 }, { code: 'missing' }, { kind: 'folder' }, { size: 0 }])
  t.strictSame(all[0], await host.stat(paths[0] as string))
  t.strictSame(await host.stats([]), [])
  const over = machine.during(AbortSignal.abort())
  t.match(await over.stats(paths.slice(0, 1)), [{ code: 'timeout' }])
})

t.test('a file of a local disk is read in place, and no worse', async (t) => {
  const folder = t.testdir({ small: 'text', empty: '', large: 'x'.repeat(200_000) })
  const { dev } = await host.stat(folder)
  for (let count = 0; count < 300; count += 1)
    if (Buffer.from(await host.read(`${folder}/small`, { dev })).toString() !== 'text') t.fail(String(count))
  t.equal((await host.read(`${folder}/empty`, { dev })).length, 0)
  t.equal((await host.read(`${folder}/large`, { dev })).length, 200_000)
  await t.rejects(host.read(`${folder}/large`, { dev, limit: 100 }), { code: 'too-large' })
  await t.rejects(host.read(`${folder}/none`, { dev }), { code: 'missing' })
  await t.rejects(host.read(folder, { dev }), { code: 'failed' })
  execFileSync('mkfifo', [`${folder}/fifo`])
  await t.rejects(host.read(`${folder}/fifo`, { dev }), { code: 'failed', message: /not a regular file/ })
})

t.test('commands are bounded in time and size, and run without a shell', async (t) => {
  t.match(await host.run(['echo', '$HOME; `id`']), { stdout: '$HOME; `id`\n', exit: 0 })
  t.match(await host.run(['sh', '-c', 'echo no >&2; exit 3']), { stderr: 'no\n', exit: 3 })
  await t.rejects(host.run(['no-such-command']), { code: 'missing', message: /no command no-such-command/ })
  await t.rejects(host.run(['sleep', '60'], { timeout: 50 }), {
    code: 'timeout',
    message: /no answer within 0.05 s/,
  })
  await t.rejects(host.run(['yes'], { limit: 100_000 }), { code: 'too-large' })
  await t.rejects(host.run([]), { code: 'failed' })
})

t.test('output is handed over by lines, with a bound on each', async (t) => {
  const lines: string[] = []
  const ran = await host.run(['printf', 'one\ntwo\nlast'], { line: (it) => lines.push(it) })
  t.strictSame(lines, ['one', 'two', 'last'])
  t.equal(ran.stdout, '')
  let longest = 0
  await host.run(['head', '-c', '3000000', '/dev/zero'], {
    line: (it) => {
      longest = Math.max(longest, it.length)
    },
  })
  t.ok(longest > 0 && longest <= 64 * 1024, `${longest}`)
  // Chunks of a pipe end where they will: in the middle of a line, of a character, or between two lines.
  const text = Array.from({ length: 40_000 }, (_, at) => `${at} €ü ${'x'.repeat(at % 90)}`)
  const file = `${t.testdir({ text: `${text.join('\n')}\n\n` })}/text`
  lines.length = 0
  await host.run(['cat', file], { line: (it) => lines.push(it) })
  t.strictSame(lines, [...text, ''])
})

t.test('a round that is over takes its questions with it', async (t) => {
  const over = new AbortController()
  const it = machine.during(over.signal)
  const asked = it.run(['sleep', '60'])
  over.abort()
  await t.rejects(asked, { code: 'timeout' })
  await t.rejects(it.run(['true']), { code: 'timeout' })
  await t.rejects(it.text(`${t.testdir({ x: '' })}/x`), { code: 'timeout' })
})

t.test('a server that never answers, does not speak TLS or is not there', async (t) => {
  const silent = createServer(() => {})
  const plain = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  const port = (it: ReturnType<typeof createServer>) =>
    new Promise<number>((resolve) =>
      it.listen(0, '127.0.0.1', () => resolve((it.address() as { port: number }).port)),
    )
  const [a, b] = [await port(silent), await port(plain)]
  await t.rejects(host.handshake({ host: '127.0.0.1', port: a, timeout: 100 }), { code: 'timeout' })
  await t.rejects(host.handshake({ host: '127.0.0.1', port: b }), {
    code: 'failed',
    message: /does not speak TLS/,
  })
  silent.close()
  plain.close()
  await t.rejects(host.handshake({ host: '127.0.0.1', port: b }), { code: 'refused' })
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

t.test('what a server presents is seen, whatever it is worth', async (t) => {
  const folder = t.testdir()
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      `${folder}/key`,
      '-out',
      `${folder}/crt`,
      '-days',
      '1',
      '-subj',
      '/CN=test',
    ],
    { stdio: 'ignore' },
  )
  const { readFileSync } = await import('node:fs')
  const server = createTls({ key: readFileSync(`${folder}/key`), cert: readFileSync(`${folder}/crt`) })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const it = await host.handshake({ host: '127.0.0.1', port })
  t.equal(it.certificates.length, 1)
  const der = execFileSync('openssl', ['x509', '-in', `${folder}/crt`, '-outform', 'der'])
  t.ok(Buffer.from(it.certificates[0] as Uint8Array).equals(der))
  server.close()
})

t.test('what is followed ends with the agent, also when it is killed', async (t) => {
  const { spawn } = await import('node:child_process')
  const script = `
    import { openMachine } from '${join(import.meta.dirname, '../../../agent/host/machine.ts')}'
    const machine = openMachine()
    machine.follow(['sh', '-c', 'echo $$; exec sleep 600'], (line) => console.log(line), new AbortController().signal)
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const pid = await new Promise<number>((resolve) =>
    child.stdout.once('data', (part) => resolve(Number(String(part)))),
  )
  const alive = () => {
    try {
      process.kill(pid, 0)
      return true
    } catch {
      return false
    }
  }
  t.ok(alive())
  child.kill('SIGKILL')
  const { setTimeout: sleep } = await import('node:timers/promises')
  for (let count = 0; count < 200 && alive(); count += 1) await sleep(20)
  t.notOk(alive())
})

t.test('following says why it ended', async (t) => {
  const signal = new AbortController().signal
  t.match(await machine.follow(['no-such-command'], () => {}, signal), /no-such-command/)
  t.match(await machine.follow(['sh', '-c', 'echo bad >&2; exit 3'], () => {}, signal), /^bad$/)
  t.match(await machine.follow(['true'], () => {}, signal), /exit code 0/)
})

t.test('what a command leaves behind keeps nobody waiting', async (t) => {
  const begun = performance.now()
  await t.rejects(host.run(['sh', '-c', 'sleep 20 & sleep 20'], { timeout: 100 }), { code: 'timeout' })
  t.ok(performance.now() - begun < 10_000, 'although its child holds the output open')
})
