import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { defaults } from '../../../agent/config/defaults.ts'
import { recordedNode } from '../../../agent/host/replay.ts'
import { openStore } from '../../../agent/state/store.ts'
import { memory } from '../../../collectors/memory/index.ts'
import { main, nodes } from '../cli/commands/typed.ts'

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
    const { PATH, NODE_COMPILE_CACHE } = process.env
    return spawnSync(command, rest, { encoding: 'utf8', env: { PATH, NODE_COMPILE_CACHE, HOME: place } })
  }
  for (const name of ['once', 'and again'])
    t.match(ran([], 'status').stdout, /checked 2 h ago[\s\S]*what follows is 2 h\s+old/, name)
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
  const times = {
    since: now - 1000,
    found: now - 1000,
    onset: { to: now - 1000 },
    seen: now,
    count: 1,
    notifyAt: now - 1000,
  }
  const texts = { title: 'k3s is not running', text: 'It is gone.', impact: 'x', fix: ['y'] }
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
      JSON.stringify({
        ...{ node: 'n', now, at: now, findings: [], trend: [], artifacts: [] },
        sample: { files: [{ path: '/x' }], pods: 1, k3s: 1, interfaces: 1 },
      }),
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
