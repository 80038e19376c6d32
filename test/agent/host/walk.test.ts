import {
  chmodSync,
  chownSync,
  lchownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { laneOf, notTheirs, walk } from '../../../agent/host/walk.ts'

const bounds = { doing: 'reading it', timeout: 5_000, signal: new AbortController().signal }
const root = process.getuid?.() === 0 ? {} : { skip: 'giving files away needs root' }

/** A folder that only its owner may change, unlike that of the tests. */
function place(t: Test): string {
  const folder = mkdtempSync('/var/tmp/murphy-walk-')
  t.teardown(() => rmSync(folder, { recursive: true }))
  return folder
}

/** What is found, let go again. */
async function found(path: string, more: { word?: number; near?: boolean } = {}) {
  const it = await walk(path, { ...bounds, ...more })
  it.held.release()
  return it
}

t.test('where a path leads, by whatever links, and what it is', async (t) => {
  const at = place(t)
  mkdirSync(join(at, 'a/b'), { recursive: true })
  writeFileSync(join(at, 'a/b/file'), 'x')
  symlinkSync('../a/./b', join(at, 'a/up'))
  symlinkSync(join(at, 'a/up/../b'), join(at, 'whole'))
  for (const path of ['a/b/file', 'a//b/../b/./file', 'a/up/../up/file', 'whole/file']) {
    const it = await found(`${at}/${path}`)
    t.match(it, { at: join(at, 'a/b/file'), far: false, rooted: true, word: undefined }, path)
    t.ok(it.stats.isFile())
    t.equal(notTheirs(it), undefined)
  }
  // As the kernel does it: first the link, then the folder above what it leads to.
  t.match(await found(`${join(at, 'a')}/up/../../a/b`), { at: join(at, 'a/b') })
  symlinkSync('/', join(at, 'a/root'))
  t.match(await found(`${at}/a/root/..${at}/a`), { at: join(at, 'a') })
  await t.rejects(found(`${at}${'/a/..'.repeat(501)}`), { code: 'failed', message: /too long a way/ })
  t.match(await found('/'), { at: '/', rooted: true })
  symlinkSync('loop', join(at, 'loop'))
  await t.rejects(found(join(at, 'loop')), { code: 'failed', message: /^reading it: too many links/ })
  await t.rejects(found(join(at, 'none')), { code: 'ENOENT' })
  await t.rejects(found(join(at, 'a/b/file/x')), { code: 'ENOTDIR' })
})

t.test('nothing stays open, whatever comes of it', async (t) => {
  const at = place(t)
  symlinkSync('loop', join(at, 'loop'))
  const open = () => readdirSync('/proc/self/fd').length
  const before = open()
  for (let times = 0; times < 20; times += 1)
    await Promise.all(['', 'loop', 'none', 'none/x'].map((name) => found(join(at, name)).catch(() => {})))
  t.ok(open() <= before + 2, `${before}, then ${open()}`)
  const { held } = await walk(at, bounds)
  const during = open()
  let end = () => {}
  const using = held.use(
    () =>
      new Promise<void>((resolve) => {
        end = resolve
      }),
  )
  held.release()
  t.equal(open(), during, 'what hangs goes on using it')
  end()
  await using
  await Promise.resolve()
  t.ok(open() < during)
})

t.test("users' folders and links are theirs, however they are reached", root, async (t) => {
  const at = place(t)
  chmodSync(at, 0o755)
  for (const [name, uid] of [
    ['ada', 1000],
    ['bob', 1001],
    ['roots', 0],
  ] as const) {
    mkdirSync(join(at, name))
    writeFileSync(join(at, name, 'file'), name)
    for (const it of ['', 'file']) chownSync(join(at, name, it), uid, uid)
  }
  const link = (to: string, name: string, uid: number) => {
    symlinkSync(to, join(at, name))
    lchownSync(join(at, name), uid, uid)
    return join(at, name)
  }
  const refusal = async (path: string, more = {}) => {
    try {
      return notTheirs(await found(path, more))
    } catch (error) {
      return (error as Error).message
    }
  }
  t.match(await found(`${at}/roots/file`), { rooted: true })
  t.match(await found(`${at}/ada/file`), { rooted: false, word: undefined })
  t.equal(await refusal(`${at}/ada/file`), undefined, 'by its own name')
  t.equal(await refusal(link('file', 'ada/mine', 1000)), undefined, 'her link to her own')
  t.match(
    await refusal(link('../roots/file', 'ada/roots', 1000)),
    /uid 1000 made it lead to .*roots\/file, which belongs to uid 0/,
  )
  t.match(await refusal(link('../bob/file', 'ada/bobs', 1000)), /which belongs to uid 1001/)
  t.match(
    await refusal(link('../ada/mine', 'bob/hers', 1001)),
    /link of uid 1000, at .*mine, on the word of uid 1001/,
  )
  t.match(await refusal(link('../roots', 'ada/folder', 1000)), /which belongs to uid 0/, 'a folder too')
  t.equal(await refusal(link('ada/file', 'theirs', 0)), undefined, "root's own link may lead anywhere")
  t.match(await refusal(link('/proc/self/environ', 'ada/proc', 1000)), /uid 1000 made it lead to \/proc/)

  t.equal(await refusal(`${at}/ada/file`, { word: 1000 }), undefined)
  t.equal(await refusal(`${at}/ada/file`, { word: 0 }), undefined, 'root may name what it likes')
  t.match(await refusal(`${at}/roots/file`, { word: 1000 }), /belongs to uid 0/)
  t.match(await refusal(`${at}/ada/file`, { word: 1001 }), /uid 1001 made it lead to/)

  linkSync(`${at}/roots/file`, `${at}/ada/linked`)
  t.match(await refusal(`${at}/ada/linked`), /another name too, and belongs to uid 0 in a folder of uid 1000/)
  t.equal(await refusal(`${at}/roots/file`), undefined, 'among root alone it is no matter')

  chmodSync(`${at}/roots`, 0o777)
  t.match(await found(`${at}/roots/file`), { rooted: false }, 'a folder in which all may rename')
  chmodSync(`${at}/roots`, 0o1777)
  t.match(
    await found(`${at}/roots/file`),
    { rooted: true },
    'the sticky bit leaves what is theirs to its owner',
  )
  t.match(await found(`${at}/roots`), { rooted: false }, 'but a new name may be of anybody')
})

t.test(
  'groups: of people everybody in it has a say, that of a daemon is the machine itself',
  root,
  async (t) => {
    const at = place(t)
    mkdirSync(join(at, 'log/pods'), { recursive: true })
    const shared = async (gid: number) => {
      chownSync(join(at, 'log'), 0, gid)
      chmodSync(join(at, 'log'), 0o775)
      return (await found(join(at, 'log/pods'))).rooted
    }
    // Ubuntu's /var/log is root:syslog 0775.
    for (const gid of [0, 4, 110, 999]) t.ok(await shared(gid), String(gid))
    for (const gid of [100, 1000, 65_534]) t.notOk(await shared(gid), String(gid))
  },
)

t.test('what people own is told from what daemons do', root, async (t) => {
  const at = place(t)
  for (const [name, uid] of [
    ['ada', 1000],
    ['daemon', 110],
  ] as const) {
    mkdirSync(join(at, name, 'x'), { recursive: true })
    chownSync(join(at, name), uid, uid)
  }
  symlinkSync(join(at, 'daemon'), join(at, 'hers'))
  lchownSync(join(at, 'hers'), 1000, 1000)
  t.match(await found(`${at}/ada/x`), { rooted: false, peoples: true })
  t.match(await found(`${at}/daemon/x`), { rooted: false, peoples: false })
  t.match(await found(`${at}/hers`), { rooted: false, peoples: true }, 'by a link')
  t.match(await found(`${at}/daemon/x`, { word: 1000 }), { peoples: true }, 'by a word')
  t.match(await found(at), { rooted: true, peoples: false })
})

t.test('lanes: one for what may hang, one for what users may change, others for each disk', async (t) => {
  const lane = (far: boolean, rooted: boolean, dev: number) => laneOf({ far, rooted, dev })
  t.equal(lane(true, true, 1), lane(true, false, 2))
  t.equal(lane(false, false, 1), lane(false, false, 2))
  t.equal(lane(false, true, 1), lane(false, true, 1))
  t.not(lane(false, true, 1), lane(false, true, 2))
  t.not(lane(true, true, 1), lane(false, false, 1))
  const homes = laneOf({ far: false, rooted: false, peoples: true, dev: 1 })
  for (const it of [lane(true, false, 1), lane(false, false, 1), lane(false, true, 1)])
    t.not(homes, it, 'homes have one that nothing else uses')
  t.equal(homes, laneOf({ far: false, rooted: false, peoples: true, dev: 2 }))
})
