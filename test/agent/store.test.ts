import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { databaseFile } from '../../agent/store/database.ts'
import { openStore } from '../../agent/store.ts'
import { finding } from './findings.ts'

const told = {
  incident: 'i',
  severity: 'warning',
  findings: ['f'],
  at: 5,
  reminded: 5,
  receipt: 'm',
} as const

t.test('what was remembered is there after a restart', async (t) => {
  const folder = join(t.testdir(), 'state')
  const first = openStore(folder, 0)
  const it = finding({ code: 'a.b', since: 7 })
  first.saveLedger([it])
  first.note('ops', [told])
  first.sinkSince('ops', 3)
  first.silence({ id: 's', what: 'all', since: 1, until: 50 })
  first.saveSample('certs', { unseen: [] }, 9)
  first.addPoints(10, { 'certs.days': 41, broken: Number.NaN })
  first.close()
  const second = openStore(folder, 100)
  t.strictSame(second.ledger(), [it])
  t.strictSame(second.told('ops'), [told])
  t.equal(second.sinkSince('ops', 99), 3)
  t.strictSame(second.silences(), [{ id: 's', what: 'all', since: 1, until: 50 }])
  t.strictSame(second.sample('certs'), { sample: { unseen: [] }, at: 9 })
  t.strictSame(second.series('certs.days', 0), [{ at: 10, value: 41 }])
  t.strictSame(second.series('broken', 0), [])
  t.strictSame(second.history(0), [it])
  t.equal(second.problem(), undefined)
  second.tidy(100)
  t.equal(second.silences().length, 1, 'what lately ended is still known')
  second.tidy(30 * 24 * 3600_000)
  t.equal(second.silences().length, 0)
  second.close()
})

t.test('kill -9 loses nothing that was saved', async (t) => {
  const folder = t.testdir()
  const script = `
    import { openStore } from '${join(import.meta.dirname, '../../agent/store.ts')}'
    const store = openStore(${JSON.stringify(folder)}, 0)
    for (let at = 1; ; at += 1) {
      store.note('ops', [{ incident: 'i' + at, severity: 'warning', findings: [], at, reminded: at }])
      console.log(at)
    }`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', (part) => {
    said += part
    if (said.split('\n').length > 20) child.kill('SIGKILL')
  })
  await once(child, 'close')
  const saved = said.trim().split('\n').map(Number).filter(Boolean)
  const store = openStore(folder, 0)
  const found = new Set(store.told('ops').map((it) => it.at))
  t.ok(saved.length >= 20)
  t.ok(
    saved.every((at) => found.has(at)),
    'whatever was said to be saved is saved',
  )
  t.equal(store.lost, undefined)
  store.close()
})

t.test('an unreadable file is moved aside, and said', async (t) => {
  for (const [name, content] of [
    ['garbage', 'this is no database, whatever its name says'.repeat(200)],
    ['cut', undefined],
  ] as const) {
    const folder = t.testdir()
    const file = databaseFile(folder)
    if (content) writeFileSync(file, content)
    else {
      const store = openStore(folder, 0)
      store.saveLedger(Array.from({ length: 200 }, (_, at) => finding({ code: 'a.b', subject: `${at}` })))
      store.close()
      // The middle of the file is overwritten, as a failing disk does.
      const fill = spawnSync('dd', [
        'if=/dev/urandom',
        `of=${file}`,
        'bs=4096',
        'seek=2',
        'count=5',
        'conv=notrunc',
      ])
      t.equal(fill.status, 0)
    }
    const store = openStore(folder, Date.parse('2026-11-23T03:00:00Z'))
    t.match(store.lost, /could not be read and was moved to/, name)
    t.ok(
      readdirSync(folder).some((it) => it.startsWith('murphy.db.corrupt-2026-11-23')),
      'it is kept',
    )
    store.saveLedger([finding({ code: 'a.b' })])
    t.equal(store.problem(), undefined, 'and the new one works')
    store.close()
  }
})

t.test(
  'a disk that cannot be written stops nothing',
  { skip: process.getuid?.() !== 0 && 'needs root, to mount a small disk' },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'murphy-store-'))
    t.equal(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder]).status, 0)
    t.teardown(() => {
      spawnSync('umount', ['-l', folder])
      rmSync(folder, { recursive: true })
    })
    const store = openStore(folder, 0)
    writeFileSync(join(folder, 'filler'), Buffer.alloc(4096))
    spawnSync('sh', ['-c', `cat /dev/zero > ${folder}/filler 2>/dev/null`])
    const big = Array.from({ length: 300 }, (_, at) =>
      finding({ code: 'a.b', subject: `${at}`, text: 'x'.repeat(500) }),
    )
    store.saveLedger(big)
    t.match(store.problem(), /cannot be written.*goes on in memory/)
    t.equal(store.ledger().length, 300, 'it goes on in memory')
    spawnSync('rm', [join(folder, 'filler')])
    spawnSync('mount', ['-o', 'remount,size=8m', folder])
    store.note('ops', [told])
    t.equal(store.problem(), undefined, 'and catches up once there is room')
    store.close()
    const again = openStore(folder, 0)
    t.equal(again.ledger().length, 300)
    again.close()
  },
)

t.test('without any folder it remembers in memory and says so', async (t) => {
  const folder = t.testdir({ file: 'no folder' })
  const store = openStore(join(folder, 'file/state'), 0)
  t.match(store.problem(), /in memory only/)
  store.saveLedger([finding({ code: 'a.b' })])
  t.equal(store.ledger().length, 1)
  t.match(store.problem(), /in memory only/, 'and goes on saying so')
  store.close()
})

t.test('series grow coarser with age, findings leave after 90 days', async (t) => {
  const minute = 60_000
  const day = 24 * 3600_000
  const store = openStore(t.testdir(), 0)
  for (let at = 0; at < 3 * 3600_000; at += minute) store.addPoints(at, { x: at / minute })
  store.saveLedger([finding({ code: 'a.b', since: 0, resolved: 1 })])
  store.tidy(2 * day)
  const means = store.series('x', 0)
  t.equal(means.length, 36, 'three hours in steps of five minutes')
  t.strictSame(means[0], { at: 0, value: 2 }, 'the mean of 0 to 4')
  store.tidy(20 * day)
  t.equal(store.series('x', 0).length, 3, 'in steps of an hour')
  store.tidy(91 * day)
  t.equal(store.series('x', 0).length, 0)
  t.equal(store.history(0).length, 0)
  store.close()
})
