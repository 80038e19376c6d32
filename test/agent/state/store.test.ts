import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { databaseFile } from '../../../agent/state/image.ts'
import { openStore } from '../../../agent/state/store.ts'
import { finding } from '../findings.ts'

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
  let elapsed = 0
  const second = openStore(folder, 100, () => elapsed)
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
  elapsed = 30 * 24 * 3600_000
  second.tidy(elapsed + 100)
  t.equal(second.silences().length, 0)
  second.close()
})

t.test('kill -9 loses nothing that was saved', async (t) => {
  const folder = t.testdir()
  const script = `
    import { openStore } from '${join(import.meta.dirname, '../../../agent/state/store.ts')}'
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
  t.equal(store.loss(), undefined)
  store.close()
})

t.test('a damaged file is moved aside, what is sound of it is kept, and what is lost is said', async (t) => {
  const at = Date.parse('2026-11-23T03:00:00Z')
  for (const [name, damage, said, least] of [
    ['garbage', 'garbage', /could not be read and was moved to/, 0],
    ['empty', 'empty', /could not be read and was moved to/, 0],
    ['cut', 'cut', /was damaged and moved to .*Lost: .*part of the findings .*The rest was kept/, 20],
  ] as const) {
    const folder = t.testdir()
    const file = databaseFile(folder)
    const first = openStore(folder, at - 1000)
    first.saveLedger(
      Array.from({ length: 200 }, (_, it) => finding({ code: 'a.b', subject: `${it}`, since: at })),
    )
    first.note('ops', [told])
    first.close()
    if (damage === 'cut') {
      // The middle of the file is overwritten, as a failing disk does.
      const bytes = readFileSync(file)
      writeFileSync(file, bytes.fill(0xa5, 20 * 4096, 25 * 4096))
    } else writeFileSync(file, damage === 'empty' ? '' : 'this is no database, whatever it says'.repeat(200))
    const store = openStore(folder, at)
    t.match(store.loss(), { text: said, at }, name)
    t.ok(
      store.ledger().length >= least && store.ledger().length < 200,
      `${name}: ${store.ledger().length} are left`,
    )
    t.ok(
      readdirSync(folder).some((it) => it.startsWith('murphy.db.corrupt-2026-11-23')),
      'the damaged one is kept',
    )
    store.saveLedger([finding({ code: 'a.b' })])
    t.equal(store.problem(), undefined, 'and the new one works')
    store.close()
    const again = openStore(folder, at + 1)
    t.equal(again.loss(), undefined, 'it is said once')
    again.close()
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

t.test('what is old is made coarser and leaves by the clock that was lived through', async (t) => {
  const minute = 60_000
  const day = 24 * 3600_000
  let elapsed = 0
  const store = openStore(t.testdir(), 0, () => elapsed)
  const tidy = (at: number) => {
    elapsed = at
    store.tidy(at)
  }
  for (let at = 0; at < 3 * 3600_000; at += minute) store.addPoints(at, { x: at / minute })
  store.saveLedger([finding({ code: 'a.b', since: 0, resolved: 1 })])
  tidy(2 * day)
  t.equal(store.series('x', 0).length, 36, 'three hours in steps of five minutes')
  tidy(90 * day)
  t.equal(store.history(0).length, 1)
  tidy(91 * day)
  t.equal(store.series('x', 0).length, 0)
  t.equal(store.history(0).length, 0)
  store.close()
})

t.test('a sample of another version is nobody’s', async (t) => {
  const folder = t.testdir()
  const first = openStore(folder, 0)
  first.saveSample('certs', { unseen: [] }, 9, true, 3)
  for (const it of [first, openStore(folder, 0)]) {
    t.strictSame(it.sample('certs', 3), { sample: { unseen: [] }, at: 9 })
    t.equal(it.sample('certs', 2), undefined)
    t.ok(it.sample('certs'), 'who asks for none gets what is there')
    t.equal(it.loss(), undefined, 'and it is no loss')
    it.close()
  }
})

t.test('the very sample that was saved is handed back', async (t) => {
  const folder = t.testdir()
  const store = openStore(folder, 0)
  const files = [{ path: '/a' }]
  const sample: object = { files }
  store.saveSample('certs', sample, 9)
  t.equal(store.sample('certs')?.sample, sample, 'so that a collector knows again what it takes over')
  store.saveSample('certs', { files, more: 1 } as object, 10)
  store.close()
  const again = openStore(folder, 20)
  t.strictSame(again.sample('certs'), { sample: { files, more: 1 }, at: 10 })
  t.equal(again.sample('certs')?.sample, again.sample('certs')?.sample, 'also after a restart')
  again.close()
})

t.test('that a sample was confirmed is no reason to wear the disk', async (t) => {
  const folder = t.testdir()
  const store = openStore(folder, 0)
  const sample = (seen: number, well = true) => ({ unseen: [], answers: { api: { well, seen } } })
  const onDisk = () => {
    const db = new DatabaseSync(databaseFile(folder), { readOnly: true })
    const row = db.prepare('SELECT json FROM sample').get()
    db.close()
    return JSON.parse(String(row?.json)) as unknown
  }
  for (const seen of [1, 2]) store.saveSample('k3s', sample(seen), seen, true)
  t.strictSame(store.sample('k3s')?.sample, sample(2))
  t.strictSame(onDisk(), sample(1))
  store.saveSample('k3s', sample(2, false), 3, true)
  t.strictSame(onDisk(), sample(2, false))
  store.close()
})

t.test('a file of version 1 is taken over as it is', async (t) => {
  const folder = t.testdir()
  const old = new DatabaseSync(databaseFile(folder))
  // As the first version made it, before silences and artifacts were.
  old.exec(`
    CREATE TABLE finding (
      id TEXT PRIMARY KEY, code TEXT NOT NULL, since INTEGER NOT NULL, resolved INTEGER, json TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX finding_since ON finding (since);
    CREATE TABLE told (
      sink TEXT NOT NULL, incident TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY (sink, incident)
    ) WITHOUT ROWID;
    CREATE TABLE sink (name TEXT PRIMARY KEY, since INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE sample (collector TEXT PRIMARY KEY, at INTEGER NOT NULL, json TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE series (
      name TEXT NOT NULL, step INTEGER NOT NULL, at INTEGER NOT NULL, value REAL NOT NULL, PRIMARY KEY (name, step, at)
    ) WITHOUT ROWID;
    INSERT INTO sample VALUES ('certs', 9, '{"unseen":[]}');
    INSERT INTO sink VALUES ('ops', 3);
    INSERT INTO told VALUES ('ops', 'i', '${JSON.stringify(told)}');
    PRAGMA user_version = 1;
  `)
  old.close()
  const store = openStore(folder, 100)
  t.equal(store.loss(), undefined)
  t.equal(store.problem(), undefined)
  t.strictSame(store.sample('certs', 1), { sample: { unseen: [] }, at: 9 })
  t.equal(store.sample('certs', 2), undefined)
  t.strictSame(store.told('ops'), [told])
  t.equal(store.sinkSince('ops', 50), 3)
  store.silence({ id: 's', what: 'all', since: 1, until: 50 })
  store.saveSample('certs', { unseen: [] }, 10, true, 2)
  store.close()
  const again = openStore(folder, 100)
  t.strictSame(again.sample('certs', 2), { sample: { unseen: [] }, at: 10 })
  t.equal(again.silences().length, 1)
  again.close()
})

t.test('a file of a later version is read, and never written', async (t) => {
  const folder = t.testdir()
  const first = openStore(folder, 0)
  first.note('ops', [told])
  first.close()
  const later = new DatabaseSync(databaseFile(folder))
  later.exec('PRAGMA user_version = 4; PRAGMA wal_checkpoint(TRUNCATE)')
  later.close()
  const before = readFileSync(databaseFile(folder))
  const store = openStore(folder, 0)
  t.match(store.problem(), /written by a newer Murphy/)
  t.strictSame(store.told('ops'), [told])
  store.saveLedger([finding({ code: 'a.b' })])
  store.close()
  t.ok(before.equals(readFileSync(databaseFile(folder))))
})

const day = 24 * 3600_000

/** A store whose clock says what it is told, and that has lived through what it was. */
function clocked(folder: string, started: number) {
  let lived = 0
  let wall = started
  let store = openStore(folder, wall, () => lived)
  return {
    store: () => store,
    /** Time passes: an hour at a time, with a tidy each, as in the daemon. */
    pass(ms: number) {
      for (let at = 0; at < ms; at += 3600_000) {
        lived += 3600_000
        wall += 3600_000
        store.tidy(wall)
      }
    },
    leap(ms: number) {
      wall += ms
      store.tidy(wall)
    },
    restart() {
      store.close()
      store = openStore(folder, wall, () => lived)
    },
    wall: () => wall,
  }
}

t.test('a clock that leaps ahead and back erases nothing', async (t) => {
  const at = Date.parse('2026-11-23T03:00:00Z')
  const folder = t.testdir()
  const life = clocked(folder, at)
  const over = finding({ code: 'a.b', since: at, resolved: at + 1000 })
  const store = life.store()
  store.saveLedger([over])
  store.note('ops', [{ ...told, at, reminded: at, resolved: at + 1000 }])
  store.silence({ id: 's', what: 'all', since: at, until: at + 1000 })
  store.addPoints(at, { x: 1 })
  const all = (text: string) => {
    const it = life.store()
    t.strictSame(it.ledger(), [over], text)
    t.strictSame(it.history(0), [over], text)
    t.equal(it.told('ops').length, 1, text)
    t.equal(it.silences().length, 1, text)
    t.equal(it.series('x', 0).length, 1, text)
  }
  life.pass(2 * 3600_000)
  life.leap(91 * day)
  all('as it leaps')
  life.pass(23 * 3600_000)
  all('almost a day later')
  life.restart()
  all('a restart believes it no sooner')
  life.leap(-91 * day)
  all('and back')
  life.restart()
  all('and after a restart')
  life.leap(-40 * 365 * day)
  all('in the past')
  life.leap(40 * 365 * day)
  all('and back from there')
  life.leap(91 * day)
  life.pass(25 * 3600_000)
  t.equal(life.store().history(0).length, 0, 'a clock that runs on for a day is believed')
  life.store().close()
})

t.test('a node that was off for months forgets, once it has run for a day', async (t) => {
  const at = Date.parse('2026-11-23T03:00:00Z')
  const life = clocked(t.testdir(), at)
  life.store().saveLedger([finding({ code: 'a.b', since: at, resolved: at + 1000 })])
  life.restart()
  life.leap(200 * day)
  life.restart()
  t.equal(life.store().history(0).length, 1)
  life.pass(25 * 3600_000)
  t.equal(life.store().history(0).length, 0)
  t.equal(life.store().ledger().length, 0)
  life.store().close()
})

t.test('what a sink still has to hear of stays, however long that takes', async (t) => {
  const at = Date.parse('2026-11-23T03:00:00Z')
  const life = clocked(t.testdir(), at)
  const over = finding({ code: 'a.b', since: at, resolved: at + 1000 })
  life.store().saveLedger([over])
  life.store().note('ops', [{ ...told, incident: over.id, findings: [over.id], at, reminded: at }])
  life.pass(100 * day)
  life.restart()
  t.strictSame(life.store().ledger(), [over])
  life
    .store()
    .note('ops', [
      { ...told, incident: over.id, findings: [over.id], at, reminded: at, resolved: life.wall() },
    ])
  life.pass(2 * 3600_000)
  t.strictSame(life.store().ledger(), [], 'and leaves once it did')
  t.strictSame(life.store().history(0), [])
  life.store().close()
})
