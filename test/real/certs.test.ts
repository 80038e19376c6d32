import { execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer as createHttp } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createServer as createTls } from 'node:tls'
import t from 'tap'
import { openMachine } from '../../agent/host/machine.ts'
import { certs } from '../../collectors/certs/index.ts'
import type { CertsSample } from '../../collectors/certs/sample.ts'
import { certificates, days, type Issued } from '../collectors/certs/openssl.ts'

/** This machine, these files and servers of its own; no k3s is made or needed. */
const machine = openMachine()
t.teardown(() => machine.close())
const host = machine.during(new AbortController().signal)
const none = { heard: [] }
const given = (paths: readonly string[], endpoints: readonly string[] = []) => ({
  paths,
  endpoints,
  kubeconfigs: [],
  ingress: [],
  warn_days: 30,
})
/** What is told of the files and servers of this test, whatever else this machine has. */
const told = (sample: CertsSample, settings: ReturnType<typeof given>) =>
  certs
    .assess(sample, none, settings, Date.now())
    .filter((it) => !it.subject.startsWith('k3s') && !it.subject.startsWith('rke2'))

const folder = mkdtempSync(join(tmpdir(), 'murphy-real-certs-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
const { issue } = certificates(t)
const needsRoot =
  process.getuid?.() !== 0 && process.env.CI !== 'true' ? 'needs root, to give it up or to share less' : false

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}
const serving = (it: Issued, more: object = {}) =>
  listening(createTls({ cert: it.pem, key: readFileSync(it.key), ...more }, (socket) => socket.end()))

t.test('real files: read once, replaced ones seen, also behind a swapped link', async (t) => {
  const at = join(folder, 'files')
  mkdirSync(join(at, '..data-1'), { recursive: true })
  mkdirSync(join(at, '..data-2'))
  const file = join(at, 'a.pem')
  writeFileSync(file, issue({ subject: '/CN=first', to: days(300) }).pem)
  writeFileSync(join(at, '..data-1/tls.crt'), issue({ subject: '/CN=mounted 1' }).pem)
  writeFileSync(join(at, '..data-2/tls.crt'), issue({ subject: '/CN=mounted 2' }).pem)
  symlinkSync('..data-1', join(at, '..data'))
  symlinkSync('..data/tls.crt', join(at, 'tls.crt'))
  // Files that changed within the last second are read again on purpose.
  await pause(1_100)
  const settings = given([at])
  const first = await certs.collect(host, settings, none)
  const names = (sample: CertsSample) =>
    sample.files.filter((it) => it.of === 'extra').map((it) => it.certificates[0]?.name)
  t.same(names(first), ['first', 'mounted 1'])
  t.same(told(first, settings), [])
  const again = await certs.collect(host, settings, { ...none, sample: first })
  t.same(again.files, first.files)

  t.match(certs.watch?.(settings, first), [{ kind: 'paths' }])
  t.ok(certs.watch?.(settings, first).some((it) => it.kind === 'paths' && it.paths.includes(at)))
  writeFileSync(`${file}.new`, issue({ subject: '/CN=second', to: days(-1), from: days(-9) }).pem)
  const woken = new Promise<void>((resolve) => {
    const end = machine.watch(
      at,
      () => resolve(),
      () => {},
    )
    t.teardown(() => end?.())
  })
  const begun = performance.now()
  renameSync(`${file}.new`, file)
  // The watch itself keeps no program alive.
  await Promise.race([woken, pause(5_000)])
  t.ok(performance.now() - begun < 1_000, 'the watch says so within a second')
  symlinkSync('..data-2', join(at, '..new'))
  renameSync(join(at, '..new'), join(at, '..data'))
  const second = await certs.collect(host, settings, { ...none, sample: again })
  t.same(names(second), ['second', 'mounted 2'])
  t.match(told(second, settings), [{ code: 'certs.expired', subject: file }])
  rmSync(file)
  const third = await certs.collect(host, settings, { ...none, sample: second })
  t.same(told(third, settings), [], 'what was taken away is no trouble any more')
})

t.test('garbage, truncated, huge, a FIFO, a loop of links', async (t) => {
  const at = join(folder, 'bad')
  mkdirSync(at)
  const { pem } = issue()
  writeFileSync(join(at, 'a-empty.pem'), '')
  writeFileSync(join(at, 'b-cut.pem'), pem.slice(0, 200))
  writeFileSync(join(at, 'c-huge.pem'), pem.repeat(4_000))
  execFileSync('mkfifo', [join(at, 'd-fifo.pem')])
  symlinkSync('e-loop.pem', join(at, 'e-loop.pem'))
  symlinkSync('/nowhere', join(at, 'f-dangling.pem'))
  const settings = given([at])
  const begun = performance.now()
  const sample = await certs.collect(host, settings, none)
  t.ok(performance.now() - begun < 10_000)
  t.same(
    told(sample, settings).map((it) => it.text.slice(at.length + 1).replace(/ \(.*\)/, '')),
    [
      'a-empty.pem is empty.',
      'b-cut.pem is cut off in certificate 1.',
      'c-huge.pem is larger than 1048576 bytes.',
      'd-fifo.pem cannot be read.',
      'e-loop.pem cannot be read.',
    ],
  )
})

t.test('what servers really present', async (t) => {
  const authority = issue({ subject: '/CN=authority', ca: true })
  const over = issue({ subject: '/CN=over', to: days(-3), from: days(-300), by: authority })
  const good = issue({ subject: '/CN=good', key: 'rsa', names: 'IP:127.0.0.1' })
  const named = issue({ subject: '/CN=named', key: 'ed25519' })
  const expired = await serving({ ...over, pem: over.pem + authority.pem })
  const fine = await serving(good, {
    SNICallback: (name: string, answer: (error: null, context?: unknown) => void) =>
      import('node:tls').then(({ createSecureContext }) =>
        answer(
          null,
          name === 'named.example'
            ? createSecureContext({ cert: named.pem, key: readFileSync(named.key) })
            : undefined,
        ),
      ),
  })
  const wantsClient = await serving(good, { requestCert: true, rejectUnauthorized: true })
  const silent = await listening(createServer(() => {}))
  const alsoSilent = await listening(createServer(() => {}))
  const plain = await listening(createHttp((_, answer) => answer.end('hello')))
  const endpoints = [
    `127.0.0.1:${expired}`,
    `127.0.0.1:${fine}`,
    `127.0.0.1:${fine}/named.example`,
    `localhost:${wantsClient}`,
    `127.0.0.1:${silent}`,
    `127.0.0.1:${alsoSilent}`,
    `127.0.0.1:${plain}`,
    '127.0.0.1:1',
  ]
  const file = join(folder, 'fine.pem')
  writeFileSync(file, good.pem)
  const settings = given([file], endpoints)
  const begun = performance.now()
  const sample = await certs.collect(host, settings, none)
  const took = performance.now() - begun
  t.ok(took > 2_900 && took < 5_900, `both silent ones at once, 3 s each: ${took} ms`)
  t.same(
    sample.served.filter((it) => it.of === 'extra').map((it) => it.certificates.map((one) => one.name)),
    [['over', 'authority'], ['good'], ['named'], ['good'], [], [], [], []],
  )
  const said = told(sample, settings)
  t.match(said, [
    { code: 'certs.expired', subject: endpoints[0], text: /^what .* serves \(over\) expired .* ago\.$/ },
    { code: 'certs.unreadable', subject: endpoints[4], text: /no answer within 3 s/ },
    { code: 'certs.unreadable', subject: endpoints[5], text: /no answer within 3 s/ },
    { code: 'certs.unreadable', subject: endpoints[6], text: /does not speak TLS/ },
    { code: 'certs.unreadable', subject: endpoints[7], text: /nothing listens there/ },
  ])
  t.equal(said.length, 5)
})

t.test('without root: a blind spot that says what to do, and no alarm', { skip: needsRoot }, async (t) => {
  const at = join(folder, 'closed')
  mkdirSync(at, { mode: 0o700 })
  writeFileSync(join(at, 'a.pem'), issue({ to: days(-1), from: days(-9) }).pem)
  chmodSync(folder, 0o755)
  const script = `
    import { openMachine } from '${new URL('../../agent/host/machine.ts', import.meta.url)}'
    import { certs } from '${new URL('../../collectors/certs/index.ts', import.meta.url)}'
    const machine = openMachine()
    process.setuid(65534)
    const settings = { paths: ['${at}', '${at}/a.pem'], endpoints: [], kubeconfigs: [], ingress: [], warn_days: 30 }
    const sample = await certs.collect(machine.during(new AbortController().signal), settings, { heard: [] })
    console.log(JSON.stringify({ sample, told: certs.assess(sample, { heard: [] }, settings, Date.now()) }))
    machine.close()`
  const output = execFileSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
    encoding: 'utf8',
    // Tools that look on from outside may not write as nobody, and say so.
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const { sample, told } = JSON.parse(output)
  t.same(told, [])
  t.match(sample.unseen, [
    { why: /permission denied; run it as root/, codes: [] },
    { why: /permission denied; run it as root/, codes: [] },
  ])
})

t.test(
  'a running k3s by its process, as the kernel shows it; one in a container is not ours',
  { skip: needsRoot },
  async (t) => {
    const at = join(folder, 'k3s')
    mkdirSync(at)
    writeFileSync(join(at, 'k3s-server'), '#!/bin/sh\nread line\n', { mode: 0o755 })
    const script = `
    import { spawn } from 'node:child_process'
    import { readFileSync } from 'node:fs'
    import { openMachine } from '${new URL('../../agent/host/machine.ts', import.meta.url)}'
    import { findProcess } from '${new URL('../../collectors/node/process.ts', import.meta.url)}'
    const begun = Date.now()
    const k3s = spawn('${at}/k3s-server', ['server'], { stdio: ['pipe', 'ignore', 'ignore'] })
    const comm = () => readFileSync('/proc/' + k3s.pid + '/comm', 'utf8').trim()
    while (comm() !== 'k3s-server') await new Promise((resolve) => setTimeout(resolve, 10))
    const machine = openMachine()
    const host = machine.during(new AbortController().signal)
    const found = await findProcess(host)
    console.log(JSON.stringify({ found, pid: k3s.pid, begun, again: await findProcess(host, found) }))
    process.stdin.once('data', () => { k3s.stdin.end(); machine.close(); process.exit() })`
    const child = spawn(
      'unshare',
      [
        ...['--pid', '--fork', '--mount-proc', process.execPath],
        ...['--input-type=module-typescript', '-e', script],
      ],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    )
    t.teardown(() => child.kill())
    const line = await new Promise<string>((resolve, reject) => {
      child.stdout.once('data', (data) => resolve(String(data)))
      child.once('exit', () => reject(new Error('it ended without a word')))
    })
    const { found, pid, begun, again } = JSON.parse(line)
    t.match(found, { pid, distribution: 'k3s', role: 'server' })
    t.ok(Math.abs(found.since - begun) < 2_000, `started ${found.since - begun} ms from when it was`)
    t.same(again, found)
    const { findProcess } = await import('../../collectors/node/process.ts')
    const outside = await findProcess(host)
    t.notOk(
      outside?.argv.some((word) => word.startsWith(at)),
      'from here it is in a container',
    )
    child.stdin.write('end\n')
  },
)
