import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { lastState } from '../../../agent/commands/last-state.ts'
import { defaults } from '../../../agent/config/defaults.ts'
import { recordedNode } from '../../../agent/recorded.ts'
import { openStore } from '../../../agent/store.ts'
import { collectors } from '../../../collectors/index.ts'
import { memory } from '../../../collectors/memory.ts'
import { main, nodes } from './typed.ts'

const at = 1_795_000_000_000

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

t.test('a sample that is not what its collector takes it for costs its own summary only', async (t) => {
  const place = t.testdir()
  const store = openStore(place, at)
  for (const name of ['certs', 'k3s', 'memory']) store.saveSample(name, {}, at, true)
  store.close()
  const rows = lastState(place, 'node1', at)?.snapshot.collectors ?? []
  t.match(rows.find((it) => it.name === 'certs')?.summary, /cannot be summed up/)
  t.equal(rows.length, collectors.length)
})
