import {
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openMachine } from '../../../agent/host/machine.ts'
import { type Host, HostError, type Stat } from '../../../agent/model/index.ts'
import { certs } from '../../../collectors/certs/index.ts'
import type { CertsSample } from '../../../collectors/certs/sample.ts'
import { certificates } from './openssl.ts'

const { issue } = certificates(t)
/** As long as each other, so that only their content tells them apart. */
const [one, two] = (() => {
  const all = Array.from({ length: 12 }, (_, at) => issue({ subject: `/CN=c${at % 2}` }).pem)
  const pair = all.find(
    (it, at) => at % 2 === 0 && all.some((other, by) => by % 2 === 1 && other.length === it.length),
  )
  return [pair ?? '', all.find((it, by) => by % 2 === 1 && it.length === pair?.length) ?? '']
})()
const names = (it: CertsSample) => it.files.flatMap((file) => file.certificates.map((cert) => cert.name))
const hour = 3_600_000

/** A folder with two of a hundred, looked at with the clock as far ahead of the kernel's as asked for. */
function node(t: Test) {
  const folder = t.testdir({ a: { 'x.pem': one, 'y.pem': one }, b: { 'z.pem': one } })
  const real = openMachine().during(new AbortController().signal)
  const asked = { lists: [] as string[], reads: [] as string[] }
  let ahead = hour
  let seen: (stat: Stat) => Stat = (it) => it
  /** Nothing else of this machine is there. */
  const within = async <T>(path: string, ask: () => Promise<T>, note?: string[]): Promise<T> => {
    if (!path.startsWith(folder)) throw new HostError('missing', `${path}: not asked here`)
    note?.push(path.slice(folder.length))
    return await ask()
  }
  const host: Host = {
    ...real,
    now: () => Date.now() + ahead,
    list: (path) => within(path, () => real.list(path), asked.lists),
    owned: (path, options) => within(path, () => real.owned(path, options), asked.reads),
    read: (path, options) => within(path, () => real.read(path, options)),
    text: (path, options) => within(path, () => real.text(path, options)),
    stat: (path) => within(path, () => real.stat(path)),
    stats: async (paths) => (await real.stats(paths)).map((it) => (it instanceof HostError ? it : seen(it))),
    run: (argv) => within(argv[0] ?? '', () => real.run(argv)),
  }
  let sample: CertsSample | undefined
  return {
    asked,
    at: (path: string) => join(folder, path),
    clock(by: number) {
      ahead = by
    },
    coarse(by: (stat: Stat) => Stat) {
      seen = by
    },
    /** As after a restart: what was kept is read from the disk. */
    restart() {
      sample = JSON.parse(JSON.stringify(sample))
    },
    async look(paths: readonly string[] = [`${folder}/*`]) {
      for (const it of Object.values(asked)) it.length = 0
      const settings = { paths, endpoints: [], kubeconfigs: [], ingress: [], warn_days: 30 }
      sample = await certs.collect(host, settings, { heard: [], ...(sample && { sample }) })
      return sample
    },
  }
}

t.test('what did not change is not read, not listed and not written down anew', async (t) => {
  const it = node(t)
  const first = await it.look()
  t.strictSame(names(first), ['c0', 'c0', 'c0'])
  for (const how of ['again', 'after a restart', 'and again']) {
    if (how === 'after a restart') it.restart()
    const before = how === 'again' ? first : await it.look()
    const after = await it.look()
    t.equal(after.files, before.files, `${how}: the very same`)
    t.strictSame(it.asked, { lists: [''], reads: [] }, how)
    t.strictSame(JSON.parse(JSON.stringify(after)), JSON.parse(JSON.stringify(first)))
  }
})

t.test('a file of the same size in the place of another is seen', async (t) => {
  for (const [how, change] of [
    ['written in place', (path: string) => writeFileSync(path, two)],
    [
      'written in place, and dated back',
      (path: string) => {
        const { atime, mtime } = statSync(path)
        writeFileSync(path, two)
        utimesSync(path, atime, mtime)
      },
    ],
    [
      'put there, dated as the other',
      (path: string) => {
        const { atime, mtime } = statSync(path)
        writeFileSync(`${path}.new`, two)
        utimesSync(`${path}.new`, atime, mtime)
        renameSync(`${path}.new`, path)
      },
    ],
    [
      'put there as a link',
      (path: string) => {
        writeFileSync(`${path}.else`, two)
        rmSync(path)
        symlinkSync(`${path}.else`, path)
      },
    ],
  ] as const)
    for (const restarted of [false, true]) {
      const it = node(t)
      await it.look()
      await it.look()
      if (restarted) it.restart()
      change(it.at('a/y.pem'))
      t.strictSame(
        names(await it.look()),
        ['c0', 'c1', 'c0'],
        `${how}${restarted ? ', after a restart' : ''}`,
      )
    }
})

t.test('so is one that is rewritten in the second in which it was read', async (t) => {
  const it = node(t)
  it.clock(0)
  for (const [now, name] of [
    [two, 'c1'],
    [one, 'c0'],
    [two, 'c1'],
  ] as const) {
    writeFileSync(it.at('a/x.pem'), now)
    t.strictSame(names(await it.look()), [name, 'c0', 'c0'])
  }
})

t.test('and where the disk knows times by two seconds only (vfat)', async (t) => {
  const it = node(t)
  const coarse = (ms: number) => Math.floor(ms / 2000) * 2000
  const written = coarse(Date.now())
  it.coarse((stat) => ({ ...stat, mtime: written, ctime: written }))
  it.clock(written + 1_500 - Date.now())
  await it.look()
  writeFileSync(it.at('a/x.pem'), two)
  it.clock(written + 1_900 - Date.now())
  await it.look()
  it.clock(written + hour - Date.now())
  t.strictSame(names(await it.look()), ['c1', 'c0', 'c0'])
})

t.test('a clock that was set back hides nothing', async (t) => {
  const it = node(t)
  await it.look()
  await it.look()
  it.clock(-24 * hour)
  writeFileSync(it.at('a/x.pem'), two)
  writeFileSync(it.at('b/new.pem'), two)
  t.strictSame(names(await it.look()), ['c1', 'c0', 'c1', 'c0'])
  writeFileSync(it.at('a/x.pem'), one)
  rmSync(it.at('b/z.pem'))
  t.strictSame(names(await it.look()), ['c0', 'c0', 'c1'])
})

t.test('what a folder holds is seen when it changes', async (t) => {
  const it = node(t)
  const changes: readonly (readonly [string, () => void, readonly string[]])[] = [
    ['more', () => writeFileSync(it.at('a/m.pem'), two), ['c1', 'c0', 'c0', 'c0']],
    ['renamed', () => renameSync(it.at('a/m.pem'), it.at('a/z.pem')), ['c0', 'c0', 'c1', 'c0']],
    ['gone', () => rmSync(it.at('a/x.pem')), ['c0', 'c1', 'c0']],
    ['a folder more', () => mkdirSync(it.at('c')), ['c0', 'c1', 'c0']],
    ['and in it', () => writeFileSync(it.at('c/n.pem'), two), ['c0', 'c1', 'c0', 'c1']],
    [
      'folders that change their names',
      () => {
        renameSync(it.at('b'), it.at('d'))
        renameSync(it.at('c'), it.at('b'))
        renameSync(it.at('d'), it.at('c'))
      },
      ['c0', 'c1', 'c1', 'c0'],
    ],
    [
      'a link in the place of a folder',
      () => {
        rmSync(it.at('b'), { recursive: true })
        symlinkSync('a', it.at('b'))
      },
      ['c0', 'c1', 'c0', 'c1', 'c0'],
    ],
    ['a folder less', () => rmSync(it.at('b')), ['c0', 'c1', 'c0']],
  ]
  await it.look()
  for (const [what, change, wanted] of changes) {
    change()
    t.strictSame(names(await it.look()), wanted, what)
    t.strictSame(names(await it.look()), wanted, `${what}, and stays`)
  }
})

t.test('what could not be read is asked for again', async (t) => {
  const it = node(t)
  await it.look()
  rmSync(it.at('a/x.pem'))
  symlinkSync('nowhere', it.at('a/x.pem'))
  t.strictSame(names(await it.look()), ['c0', 'c0'])
  writeFileSync(it.at('a/nowhere'), two)
  t.strictSame(names(await it.look()), ['c1', 'c0', 'c0'])
  t.strictSame(names(await it.look([it.at('a')])), ['c1', 'c0'], 'other settings')
  t.strictSame(names(await it.look([it.at('a/y.pem')])), ['c0'])
  t.strictSame(names(await it.look([it.at('a'), it.at('b')])), ['c1', 'c0', 'c0'])
  t.equal(readFileSync(it.at('a/x.pem'), 'utf8'), two)
})
