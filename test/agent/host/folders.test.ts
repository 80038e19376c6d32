import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { mountChanges, renewMounts } from '../../../agent/host/disks.ts'
import { isNear, nearNames, noted, rootedLane } from '../../../agent/host/folders.ts'

const bounds = { timeout: 5_000, signal: new AbortController().signal }
const root = process.getuid?.() === 0 ? {} : { skip: 'giving folders away needs root' }

t.test('whose folder it is, is known once it was walked to', root, async (t) => {
  const at = mkdtempSync('/var/tmp/murphy-folders-')
  t.teardown(() => rmSync(at, { recursive: true }))
  for (const name of ['roots', 'hers', 'all']) mkdirSync(join(at, name))
  chownSync(join(at, 'hers'), 1000, 1000)
  chmodSync(join(at, 'all'), 0o777)
  const file = (name: string) => join(at, name, 'x')
  for (const name of ['roots', 'hers', 'all']) t.notOk(isNear(file(name)), 'nobody has looked')
  t.ok(await rootedLane(file('roots'), 'x', bounds))
  t.ok(isNear(file('roots')))
  for (const name of ['hers', 'all']) {
    t.equal(await rootedLane(file(name), 'x', bounds), undefined, name)
    t.notOk(isNear(file(name)), name)
  }
  t.notOk(isNear(file('roots'), -1), 'not on a disk of this machine')
  await t.rejects(rootedLane(file('none'), 'x', bounds), { code: 'ENOENT' })
  noted(join(at, 'roots'), {
    at: join(at, 'roots'),
    far: true,
    rooted: true,
    stats: { dev: 1 } as never,
    mounts: mountChanges(),
  })
  t.notOk(isNear(file('roots')), 'on a file system that may hang')
})

t.test('what may be asked for in place in a folder', root, async (t) => {
  const at = mkdtempSync('/var/tmp/murphy-folders-')
  t.teardown(() => rmSync(at, { recursive: true }))
  mkdirSync(join(at, 'hers'))
  chownSync(join(at, 'hers'), 1000, 1000)
  t.equal(nearNames(at), undefined, 'nobody has looked')
  for (const folder of [at, join(at, 'hers'), '/']) await rootedLane(join(folder, 'x'), 'x', bounds)
  t.ok(nearNames(at)?.('x'))
  for (const name of ['', '.', '..']) t.notOk(nearNames(at)?.(name), `what leads elsewhere: ${name}`)
  t.equal(nearNames(join(at, 'hers')), undefined, 'she may mount what she likes there')
  t.ok(nearNames('/')?.('etc'))
  t.notOk(nearNames('/')?.('proc'), 'something is mounted there')
  symlinkSync('/', join(at, 'way'))
  await rootedLane(join(at, 'way', 'x'), 'x', bounds)
  t.notOk(nearNames(join(at, 'way'))?.('proc'), 'whichever way leads there')
})

t.test(
  'nothing is asked in place once something was mounted, over the folder or on the way to it',
  root,
  async (t) => {
    const at = mkdtempSync('/var/tmp/murphy-folders-')
    t.teardown(() => rmSync(at, { recursive: true }))
    mkdirSync(join(at, 'over/it'), { recursive: true })
    const folder = join(at, 'over/it')
    await rootedLane(join(folder, 'x'), 'x', bounds)
    t.ok(nearNames(folder))
    t.ok(isNear(join(folder, 'x')))
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', join(at, 'over')])
    t.teardown(() => execFileSync('umount', [join(at, 'over')]))
    renewMounts()
    t.equal(nearNames(folder), undefined)
    t.equal(isNear(join(folder, 'x')), false)
  },
)
