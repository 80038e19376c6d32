import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { databaseFile } from '../../../agent/state/image.ts'
import { openStore } from '../../../agent/state/store.ts'
import { finding } from '../findings.ts'

const asRoot = { skip: process.getuid?.() !== 0 && 'needs root, to mount' }
const minute = 60_000
const source = join(import.meta.dirname, '../../../agent/state/store.ts')

const sh = (...argv: string[]) => {
  const [command = '', ...rest] = argv
  const ran = spawnSync(command, rest, { encoding: 'utf8' })
  if (ran.status !== 0) throw new Error(`${argv.join(' ')}: ${ran.stderr}`)
  return ran.stdout
}

/** A disk of its own, of so many bytes. */
function smallDisk(t: { teardown(done: () => unknown): unknown }, size: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'murphy-disk-'))
  sh('mount', '-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder)
  t.teardown(() => {
    spawnSync('umount', ['-l', folder])
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}

/** What a daemon that is killed has said to be written: the -wal holds it, and nobody has put it into the file. */
async function killedWriting(stateDir: string): Promise<readonly number[]> {
  const script = `
    import { openStore } from ${JSON.stringify(source)}
    const store = openStore(${JSON.stringify(stateDir)}, Date.now())
    for (let at = 1; ; at += 1) {
      store.note('ops', [{ incident: 'i' + at, severity: 'warning', findings: [], at, reminded: at }])
      console.log(at)
    }`
  const child: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout?.on('data', (part) => {
    said += part
    if (said.split('\n').length > 20) child.kill('SIGKILL')
  })
  await once(child, 'close')
  if (!existsSync(`${databaseFile(stateDir)}-wal`)) throw new Error('nothing is left to be recovered')
  return said.trim().split('\n').map(Number).filter(Boolean)
}

const noted = (store: ReturnType<typeof openStore>) => new Set(store.told('ops').map((it) => it.at))

t.test(
  'on a disk that is read-only, what was acknowledged is remembered, and comes back to it',
  asRoot,
  async (t) => {
    for (const [name, without] of [
      ['as kill -9 left it', []],
      ['without its -shm', ['-shm']],
    ] as const) {
      const folder = smallDisk(t, '8m')
      const state = join(folder, 'state')
      const saved = await killedWriting(state)
      for (const end of without) rmSync(databaseFile(state) + end)
      sh('mount', '-o', 'remount,ro', folder)
      let elapsed = 0
      const store = openStore(state, Date.now(), () => elapsed)
      t.ok(saved.length >= 20)
      t.ok(
        saved.every((at) => noted(store).has(at)),
        `${name}: nothing is lost`,
      )
      t.match(store.problem(), /cannot be opened for writing: .*remembers in memory only/)
      t.equal(store.loss(), undefined)
      store.saveLedger([finding({ code: 'a.b' })])
      store.addPoints(Date.now(), { x: 1 })
      store.keep('firewall', { about: {}, body: new Uint8Array(3) }, 5)
      store.tidy(Date.now())
      t.equal(store.ledger().length, 1)
      t.equal(store.history(0).length, 1)
      t.equal(store.series('x', 0).length, 1)
      t.equal(store.kept('firewall').length, 1, 'what is new is in memory')
      t.match(store.problem(), /in memory only/, 'and it goes on saying so')
      sh('mount', '-o', 'remount,rw', folder)
      elapsed += 11 * minute
      store.note('ops', [{ incident: 'new', severity: 'warning', findings: [], at: -1, reminded: 1 }])
      t.equal(store.problem(), undefined, 'once it can be written it is')
      store.close()
      const again = openStore(state, Date.now())
      t.ok([...saved, -1].every((at) => noted(again).has(at)))
      t.equal(again.history(0).length, 1)
      t.equal(again.series('x', 0).length, 1)
      t.equal(again.kept('firewall').length, 1)
      again.close()
    }
  },
)

t.test(
  'a folder that may not be written is read through, also one that is mounted read-only',
  asRoot,
  async (t) => {
    const folder = smallDisk(t, '8m')
    const state = join(folder, 'state')
    const seen = join(folder, 'seen')
    const saved = await killedWriting(state)
    mkdirSync(seen)
    sh('chown', '-R', '65534:65534', state)
    sh('chmod', '755', state)
    sh('chmod', '644', databaseFile(state), `${databaseFile(state)}-wal`)
    const script = (stateDir: string) => `
    import { openStore } from ${JSON.stringify(source)}
    const store = openStore(${JSON.stringify(stateDir)}, Date.now())
    console.log(JSON.stringify({ told: store.told('ops').map((it) => it.at), problem: store.problem(), loss: store.loss() }))
    store.close()`
    // Root without its capabilities is anyone, and can still read the program wherever that lies.
    const anyone = (stateDir: string) =>
      JSON.parse(
        sh(
          'setpriv',
          '--bounding-set=-all',
          '--inh-caps=-all',
          process.execPath,
          '--input-type=module',
          '-e',
          script(stateDir),
        ),
      ) as { told: number[]; problem?: string; loss?: unknown }
    const before = statSync(databaseFile(state)).mtimeMs
    for (const stateDir of [state, seen]) {
      if (stateDir === seen) {
        sh('mount', '--bind', state, seen)
        sh('mount', '-o', 'remount,bind,ro', seen)
        t.teardown(() => spawnSync('umount', ['-l', seen]))
      }
      const { told, problem, loss } = anyone(stateDir)
      t.ok(saved.every((at) => told.includes(at)))
      t.match(problem, /remembers in memory only/)
      t.equal(loss, undefined)
    }
    t.equal(statSync(databaseFile(state)).mtimeMs, before, 'and left as it is')
    // A file that may not be read either.
    sh('chmod', '600', databaseFile(state))
    t.match(anyone(state), { told: [], problem: /in memory only/, loss: { text: /cannot be read: EACCES/ } })
  },
)

t.test('on a disk that is full from the start, what is there is remembered', asRoot, async (t) => {
  const folder = smallDisk(t, '24m')
  const state = join(folder, 'state')
  const saved = await killedWriting(state)
  for (const damaged of [false, true]) {
    if (damaged) {
      // Nor can a damaged file be exchanged for another.
      const fd = openSync(databaseFile(state), 'r+')
      writeSync(fd, 'X', 4)
      closeSync(fd)
    }
    spawnSync('sh', ['-c', `cat /dev/zero > ${folder}/filler 2>/dev/null`])
    let elapsed = 0
    const store = openStore(state, Date.now(), () => elapsed)
    t.ok(saved.every((at) => noted(store).has(at)))
    store.saveLedger(
      Array.from({ length: 900 }, (_, at) =>
        finding({ code: 'a.b', subject: `${at}`, text: 'x'.repeat(900) }),
      ),
    )
    t.match(store.problem(), /Murphy (goes on in memory|remembers in memory only)/, `damaged: ${damaged}`)
    t.equal(store.ledger().length, 900)
    rmSync(join(folder, 'filler'))
    elapsed += 11 * minute
    store.saveLedger([finding({ code: 'a.b', subject: `after ${damaged}` })])
    t.equal(store.problem(), undefined, 'and written once there is room')
    store.close()
    const again = openStore(state, Date.now())
    t.ok(saved.every((at) => noted(again).has(at)))
    t.ok(again.ledger().some((it) => it.subject === `after ${damaged}`))
    again.close()
  }
})

t.test('damage that comes while the file is open is met by a new file, once an hour', async (t) => {
  const state = t.testdir()
  let elapsed = 0
  const store = openStore(state, Date.now(), () => elapsed)
  const many = Array.from({ length: 400 }, (_, at) =>
    finding({ code: 'a.b', subject: `${at}`, since: Date.now() }),
  )
  store.saveLedger(many)
  for (let at = 0; at < 30; at += 1)
    store.keep('firewall', { about: { at }, body: new Uint8Array(200_000) }, at)
  store.addPoints(Date.now() + 2 * minute, { x: 1 })
  /** Overwrites all but the first page, also of what waits in the -wal. */
  const ruin = () => {
    for (const end of ['', '-wal']) {
      const file = databaseFile(state) + end
      const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
      if (size <= 4096) continue
      const fd = openSync(file, 'r+')
      writeSync(fd, Buffer.alloc(size - 4096, 0xa5), 0, size - 4096, 4096)
      closeSync(fd)
    }
  }
  /** SQLite keeps half a megabyte of what it read last. */
  const forget = () => store.kept('firewall').map(({ id }) => store.artifact('firewall', id))
  forget()
  ruin()
  t.ok(Array.isArray(store.history(0)))
  t.ok(Array.isArray(store.kept('firewall')))
  t.ok(Array.isArray(store.series('x', 0)))
  store.tidy(Date.now())
  t.match(store.loss(), { text: /was (damaged|moved)|could not be read/ })
  t.equal(store.problem(), undefined, 'it goes on in a new file')
  t.equal(store.ledger().length, 400)
  t.equal(store.history(0).length, 400, 'with all that was in memory')
  for (let at = 0; at < 30; at += 1)
    store.keep('firewall', { about: { at }, body: new Uint8Array(200_000) }, at)
  forget()
  ruin()
  t.ok(Array.isArray(store.history(0)))
  store.tidy(Date.now())
  t.match(store.problem(), /Murphy goes on in memory/, 'a disk that does so again is not trusted at once')
  t.equal(store.ledger().length, 400)
  elapsed += 61 * minute
  store.tidy(Date.now())
  t.equal(store.history(0).length, 400)
  t.equal(store.problem(), undefined)
  store.close()
  const again = openStore(state, Date.now())
  t.equal(again.ledger().length, 400)
  t.equal(again.loss(), undefined)
  again.close()
})
