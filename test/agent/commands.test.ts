import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { defaults } from '../../agent/config/defaults.ts'
import { recordedNode } from '../../agent/recorded.ts'
import { openStore } from '../../agent/store.ts'
import { memory } from '../../collectors/memory.ts'
import { certificates, days } from '../collectors/certs/openssl.ts'
import { webhookReceiver, webhookSecret } from '../receivers/webhook.ts'

/** The commands as people type them: real processes, real exit codes. */
const main = join(import.meta.dirname, '../../agent/main.ts')
const nodes = join(import.meta.dirname, '../nodes')
const folder = mkdtempSync(join(tmpdir(), 'murphy-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
const config = join(folder, 'config.yaml')
writeFileSync(config, `node: test-node\nstate_dir: ${folder}/state\nsocket: ${folder}/agent.sock\n`)

const agent = (...args: string[]) => {
  const ran = spawnSync(process.execPath, [main, '--config', config, ...args], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  return { exit: ran.status, out: ran.stdout, err: ran.stderr }
}

t.test('run watches; status asks it; without it status says so, with what is left', async (t) => {
  const before = agent('status')
  t.equal(before.exit, 3)
  t.match(before.out, /Murphy is not running on this machine; and has left no state\.|Murphy is not running/)

  const daemon = spawn(process.execPath, [main, '--config', config, 'run'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  daemon.stdout.on('data', (part) => (said += part))
  daemon.stderr.on('data', (part) => (said += part))
  for (let count = 0; count < 3000 && !said.includes('Ctrl-C'); count += 1) await sleep(10)
  t.match(said, /test-node.*\(looked/, 'it shows what it watches and finds')

  const asked = agent('status')
  t.ok([0, 1, 2].includes(asked.exit as number), `exit ${asked.exit}`)
  t.match(asked.out, /certs .*\n[\s\S]*firewall .*\n[\s\S]*cni .*\n[\s\S]*memory /)
  t.notMatch(asked.out, /\u001b/, 'no colour but on a terminal')
  const json = JSON.parse(agent('status', '--json').out)
  t.match(json, { version: 1, node: 'test-node', agent: { pid: daemon.pid } })
  t.match(agent('run').err, /another agent is running/)

  t.match(agent('silence', 'all', '--for', '2h', '--why', 'a test'), {
    exit: 0,
    out: /all: silenced until .* UTC \(2 h\): a test/,
  })
  t.match(agent('status').out, /Silenced until .*: all \(a test\)/)
  t.match(agent('silence').out, /^all: silenced/)
  t.match(agent('silence', 'all', '--end').out, /is told again/)
  t.match(agent('silence').out, /Nothing is silenced/)
  t.match(agent('silence', 'memory.blind'), { exit: 3, err: /is never hidden/ })
  t.match(agent('silence', 'firewall.flushd'), { exit: 3, err: /there is no finding called/ })
  t.match(agent('silence', 'all', '--for', 'ever'), { exit: 3, err: /right is for example/ })
  t.equal(agent('history').exit, 0)
  t.equal(agent('history', '--since', 'long').exit, 3)

  daemon.kill('SIGKILL')
  await new Promise((resolve) => daemon.once('close', resolve))
  const left = agent('status')
  t.equal(left.exit, 3)
  t.match(left.out, /^UNKNOWN[\s\S]*Murphy is not running on this machine; what follows is \d+ s old/)
  t.match(left.out, /certs /)
  t.match(JSON.parse(agent('status', '--json').out), { state: 'unknown', problem: /not running/ })
  t.match(agent('status', '--brief').out, /not running/)
  t.equal(agent('history', '--since', '1d', '--json').exit, 0, 'the history is on the disk')
  t.match(agent('silence'), { exit: 3, err: /only a running agent/ })
})

t.test('without an agent, status and history tell what is on the disk, and how old it is', async (t) => {
  const place = mkdtempSync(join(tmpdir(), 'murphy-left-'))
  t.teardown(() => rmSync(place, { recursive: true, force: true }))
  const file = join(place, 'config.yaml')
  writeFileSync(file, `state_dir: ${place}\nsocket: ${place}/none.sock\n`)
  const hour = 3600_000
  const recordedSample = await memory.collect(
    recordedNode(join(nodes, 'healthy')),
    defaults(memory.settings),
    { heard: [] },
  )
  const store = openStore(place, Date.now() - 2 * hour)
  store.saveSample('memory', recordedSample, Date.now() - 2 * hour, true)
  store.close()
  const database = join(place, 'murphy.db')
  utimesSync(database, new Date(Date.now() - 2 * hour), new Date(Date.now() - 2 * hour))
  const ran = (who: readonly string[], ...args: string[]) => {
    const [command = '', ...rest] = [...who, process.execPath, main, '--config', file, ...args]
    return spawnSync(command, rest, { encoding: 'utf8', env: { PATH: process.env.PATH, HOME: place } })
  }
  for (const name of ['once', 'and again'])
    t.match(ran([], 'status').stdout, /looked 2 h ago[\s\S]*what follows is 2 h\s+old/, name)
  t.equal(ran([], 'history').status, 0)

  if (process.getuid?.() === 0) {
    const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
    for (const end of ['-wal', '-shm']) rmSync(database + end, { force: true })
    chmodSync(place, 0o755)
    chmodSync(database, 0o644)
    t.match(ran(nobody, 'status').stdout, /what follows is 2 h\s+old/, 'who may only read')
    t.equal(ran(nobody, 'history').status, 0)
    chmodSync(database, 0o600)
    t.match(ran(nobody, 'status').stdout, /cannot\s+be\s+read/)
    t.match(ran(nobody, 'history'), { status: 3, stderr: /cannot be read/ })
  }
  writeFileSync(database, 'garbage'.repeat(1000))
  t.match(ran([], 'status'), { status: 3, stdout: /cannot\s+be\s+read/ })
})

t.test('a sample of a shape that nobody expected costs its own row, and no finding', async (t) => {
  const place = mkdtempSync(join(tmpdir(), 'murphy-odd-'))
  t.teardown(() => rmSync(place, { recursive: true, force: true }))
  const file = join(place, 'config.yaml')
  writeFileSync(file, `state_dir: ${place}\nsocket: ${place}/agent.sock\n`)
  const now = Date.now()
  const store = openStore(place, now)
  for (const [name, sample] of [
    ['pods', { places: {} }],
    ['memory', { cursor: 1 }],
    ['certs', { files: [{ path: '/x' }] }],
    ['firewall', { sets: 1 }],
  ] as const)
    store.saveSample(name, sample as never, now, true)
  const times = { since: now - 1000, seen: now, count: 1, ripe: now - 1000 }
  const texts = { title: 'k3s is not running', text: 'It is gone.', so: 'x', next: ['y'] }
  const down = { code: 'k3s.down', subject: 'k3s', severity: 'critical' as const, ...texts, ...times }
  store.saveLedger([{ id: `k3s.down|k3s|${now}`, ...down }])
  store.close()
  const ran = (...args: string[]) =>
    new Promise<{ exit: number | null; out: string; err: string }>((resolve) => {
      const child = spawn(process.execPath, [main, '--config', file, ...args])
      const said = { out: '', err: '' }
      child.stdout.on('data', (part) => (said.out += part))
      child.stderr.on('data', (part) => (said.err += part))
      child.on('close', (exit) => resolve({ exit, ...said }))
    })
  t.match(await ran('status'), { out: /k3s is not running/ }, 'what is open is shown')

  // An agent of another version answers.
  const server = createServer((_, answer) =>
    answer.end(
      JSON.stringify({ sample: { files: [{ path: '/x' }], pods: 1, k3s: 1, interfaces: 1 }, at: now }),
    ),
  )
  await new Promise<void>((resolve) => server.listen(join(place, 'agent.sock'), resolve))
  for (const name of ['certs', 'network']) {
    const { exit, err } = await ran(name)
    t.equal(exit, 3)
    t.match(err, /^agent: a fault in Murphy \(.*\): /, name)
    t.notMatch(err, /\n\s+at /, 'without a stack')
  }
  await new Promise((resolve) => server.close(resolve))
})

t.test('certs shows every certificate, and its exit code tells', async (t) => {
  const healthy = agent('certs', '--node', join(nodes, 'healthy'))
  t.equal(healthy.exit, 0, healthy.err)
  t.match(healthy.out, /\/var\/lib\/rancher\/k3s\/server\/tls\/dynamic-cert\.json \(serving, API on 6443\)/)
  t.notMatch(healthy.out, /k3s-client-ca/)
  t.match(agent('certs', '--all', '--node', join(nodes, 'healthy')).out, /k3s-client-ca[\s\S]*unused/)
  const json = JSON.parse(agent('certs', '--json', '--node', join(nodes, 'healthy')).out)
  t.match(json, { version: 1, node: 'node1', findings: [], unseen: [] })
  t.equal(json.certificates.length, 15)
  t.match(json.certificates[0], { state: 'ok', where: /^\//, serial: /^[0-9A-F]+$/ })

  const { issue } = certificates(t)
  const file = join(folder, 'certs.pem')
  const own = join(folder, 'certs.yaml')
  writeFileSync(
    own,
    `state_dir: ${folder}/none\nsocket: ${folder}/none.sock\ncollectors:\n  certs:\n    paths: ['${file}']\n`,
  )
  for (const [left, exit] of [
    [300, 0],
    [20, 1],
    [5, 2],
    [-1, 2],
  ] as const) {
    writeFileSync(file, issue({ subject: '/CN=a', from: days(left - 365), to: days(left) }).pem)
    const ran = spawnSync(process.execPath, [main, '--config', own, 'certs', '--json'], { encoding: 'utf8' })
    t.equal(ran.status, exit, `${left} days: ${ran.stderr}`)
  }
  writeFileSync(file, 'garbage')
  const bad = spawnSync(process.execPath, [main, '--config', own, 'certs'], { encoding: 'utf8' })
  t.equal(bad.status, 1)
  t.match(bad.stdout, /unreadable\n {2}.*certs\.pem holds no certificate/)
})

t.test('memory shows who was killed', async (t) => {
  const page = agent('memory', '--node', join(nodes, 'oom-kills'))
  t.equal(page.exit, 0)
  t.match(
    page.out,
    /^node1 {2}memory[\s\S]*00:29 UTC default\/oomer\/eater: tail \(pid 16343\) with 23.3 MiB/,
  )
  const json = JSON.parse(agent('memory', '--json', '--node', join(nodes, 'oom-kills')).out) as {
    recent: unknown[]
  }
  t.match(json, { version: 1, node: 'node1' })
  t.equal(json.recent.length, 17)
})

t.test('check looks once, at this machine and at a recorded one', async (t) => {
  t.equal(agent('check', '--node', join(nodes, 'healthy')).exit, 0)
  const flushed = agent('check', '--node', join(nodes, 'flush-535'))
  t.equal(flushed.exit, 2)
  t.match(flushed.out, /CRITICAL {2}node1, k3s server v1\.21\.2\+k3s1/)
  const late = agent('check', '--json', '--node', join(nodes, 'healthy'), '--at', '2027-11-25T00:00:00Z')
  t.equal(late.exit, 2)
  t.match(JSON.parse(late.out).incidents[0].root, { code: 'certs.expired' })
  t.ok([0, 1, 2].includes(agent('check').exit as number), 'without a daemon')
  t.match(agent('check', '--node', folder), { exit: 3, err: /no recorded node/ })
  t.match(agent('check', '--at', 'soon'), { exit: 3, err: /this is no time/ })
})

t.test('network shows the pod network of this machine and of a recorded one', async (t) => {
  const broken = agent('network', '--node', join(nodes, 'cni0-deleted'))
  t.equal(broken.exit, 2)
  t.match(broken.out, /cni0 +missing\n +CRITICAL the pod bridge is gone/)
  t.equal(agent('network', '--node', join(nodes, 'two-nodes-healthy-node1')).exit, 0)
  const json = JSON.parse(
    agent('network', '--json', '--node', join(nodes, 'two-nodes-peer-route-deleted-node1')).out,
  )
  t.match(json, {
    version: 1,
    node: 'node1',
    sample: { peers: [{ lacks: ['route'] }] },
    faults: [{ code: 'cni.routes-missing', severity: 'critical' }],
  })
  t.ok([0, 1, 2].includes(agent('network').exit as number), 'without a daemon')
  t.match(agent('network', '--node', folder), { exit: 3, err: /no recorded node/ })
})

t.test(
  'check needs no root: what it cannot read it reports as blind',
  { skip: process.getuid?.() !== 0 && 'is not root anyway' },
  async (t) => {
    const bare = mkdtempSync(join(tmpdir(), 'murphy-nobody-'))
    const ran = spawnSync(
      'setpriv',
      ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, main, 'check', '--json'],
      { encoding: 'utf8', env: { HOME: bare, PATH: process.env.PATH } },
    )
    rmSync(bare, { recursive: true })
    const seen = JSON.parse(ran.stdout || '{}') as {
      collectors?: { name: string; state: string; unseen: { why: string }[] }[]
    }
    const memory = seen.collectors?.find((it) => it.name === 'memory')
    t.equal(memory?.state, 'blind', ran.stderr)
    t.match(memory?.unseen[0]?.why, /permission denied|not permitted/)
  },
)

t.test('record writes a node that answers check as this one did', async (t) => {
  const target = join(folder, 'recorded')
  const made = agent('record', target)
  t.match(made, {
    exit: 0,
    out: /node\.json +\d+ KiB\n[\s\S]*in all +\d+ files[\s\S]*all log text \(--logs keeps it/,
  })
  t.ok(made.out.split('\n').length <= 24, 'what is in it, on one screen')
  t.match(agent('record', '--logs', `${target}-logs`).out, /read files\/var\/log .*line by line/)
  t.ok(existsSync(join(target, 'node.json')))
  const here = JSON.parse(agent('check', '--json', '--node', target).out)
  t.equal(here.node, 'test-node')
  const secret = readdirSync(target, { recursive: true, encoding: 'utf8' }).filter((it) => /\.key$/.test(it))
  t.strictSame(secret, [])
  t.match(agent('record', target), { exit: 3, err: /is not empty/ })
})

t.test('explain', async (t) => {
  t.match(agent('explain').out, /firewall\.flushed/)
  t.match(agent('explain', 'firewall.flushed').out, /What it means[\s\S]*Next[\s\S]*Never/)
  t.match(agent('explain', 'flushed'), { exit: 3, err: /did you mean firewall\.flushed/ })
  t.match(agent('explain', 'toString'), { exit: 3, err: /^agent: there is no finding called toString/ })
})

t.test('config', async (t) => {
  t.match(agent('config', 'check'), { exit: 0, out: /all right \(no sink: nobody is told\)/ })
  t.match(agent('config', 'print').out, /node: test-node/)
  t.match(JSON.parse(agent('config', 'schema').out), { title: /Murphy/ })
  const wrong = join(folder, 'wrong.yaml')
  writeFileSync(wrong, 'nodes: x\nsinks: [{type: pigeon}]\n')
  const ran = spawnSync(process.execPath, [main, '--config', wrong, 'config', 'check'], { encoding: 'utf8' })
  t.equal(ran.status, 78)
  t.match(
    ran.stderr,
    /wrong\.yaml:1:1: nodes: there is no such key; did you mean node\?\n.*wrong\.yaml:2:10: sinks\[0\]\.type/,
  )
  t.match(spawnSync(process.execPath, [main, '--config', `${folder}/none`, 'run'], { encoding: 'utf8' }), {
    status: 78,
    stderr: /cannot be read/,
  })
})

t.test('the shipped example is right, and every line of it can be used', async (t) => {
  const shipped = readFileSync(join(import.meta.dirname, '../../systemd/config.yaml'), 'utf8')
  const example = join(folder, 'example.yaml')
  writeFileSync(example, shipped)
  t.equal(
    spawnSync(process.execPath, [main, '--config', example, 'config', 'check'], { encoding: 'utf8' }).status,
    0,
  )
  writeFileSync(
    join(folder, 'secret'),
    'https://discord.com/api/webhooks/123456789012345678/abcdefghijklmnopqrstuvwxyz',
  )
  writeFileSync(
    example,
    shipped.replace(/^#(?=\S| {2})/gm, '').replaceAll('/etc/murphy/discord.url', join(folder, 'secret')),
  )
  const ran = spawnSync(process.execPath, [main, '--config', example, 'config', 'check'], {
    encoding: 'utf8',
  })
  t.equal(ran.status, 0, ran.stderr)
})

t.test('a credential of systemd is for the daemon alone: other commands do without', async (t) => {
  const file = join(folder, 'credential.yaml')
  writeFileSync(
    file,
    `state_dir: ${folder}/none\nsocket: ${folder}/none.sock\nsinks:\n  - { type: discord, url_credential: hook }\n`,
  )
  const ran = (...args: string[]) =>
    spawnSync(process.execPath, [main, '--config', file, ...args], { encoding: 'utf8' })
  t.match(ran('config', 'check'), { status: 0, stdout: /told by discord/ })
  t.match(ran('config', 'print'), { status: 0, stdout: /url: <hidden>/ })
  t.equal(ran('check', '--node', join(nodes, 'healthy')).status, 0)
  t.match(ran('status'), { status: 3, stdout: /not running/ })
  t.match(ran('notify', '--test'), { status: 78, stderr: /systemd gave no credentials/ })
  t.match(ran('run'), { status: 78, stderr: /systemd gave no credentials/ })
})

t.test('notify --test says what came back', async (t) => {
  t.match(agent('notify', '--test'), { exit: 3, err: /no sink is configured/ })
  const receiver = await webhookReceiver({ secret: webhookSecret })
  const told = join(folder, 'told.yaml')
  writeFileSync(
    told,
    `sinks:\n  - { type: webhook, url: "${receiver.url}", secret: "${webhookSecret}" }\n  - { type: webhook, name: dead, url: "http://127.0.0.1:1/" }\n`,
  )
  const child = spawn(process.execPath, [main, '--config', told, 'notify', '--test'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  child.stdout.on('data', (part) => (out += part))
  const exit = await new Promise((resolve) => child.once('close', resolve))
  t.equal(exit, 2)
  t.match(out, /webhook: accepted\ndead: not accepted: /)
  t.equal(receiver.events.length, 1)
  await receiver.close()
})

t.test('a mistake of the caller is told as a sentence', async (t) => {
  t.match(agent('stauts'), { exit: 3, err: /unknown command/ })
  t.match(agent('version'), { exit: 0, out: /^murphy \d+\.\d+\.\d+, node v24/ })
  t.match(agent('--help').out, /status/)
})
