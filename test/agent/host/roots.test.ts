import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { mountChanges } from '../../../agent/host/disks.ts'
import { knownRoot, lastRoot, noteRoot } from '../../../agent/host/roots.ts'
import { walk } from '../../../agent/host/walk.ts'

const root = process.getuid?.() === 0 ? {} : { skip: 'giving files away needs root' }
const bounds = { doing: 'looking', timeout: 5_000, signal: new AbortController().signal }

/** A chain of folders of root's that was walked through, and how much of it is taken for known by then. */
async function chain(t: Test) {
  const at = mkdtempSync('/var/tmp/murphy-roots-')
  t.teardown(() => rmSync(at, { recursive: true }))
  chmodSync(at, 0o755)
  mkdirSync(join(at, 'a/b/c'), { recursive: true })
  const { held } = await walk(join(at, 'a/b/c'), bounds)
  held.release()
  const names = join(at, 'a/b/c/file').split('/').slice(1)
  return { at, rest: () => join('/', ...names).slice(lastRoot(names).at.length) }
}

t.test('a walk begins at the last folder that is known to be of root', root, async (t) => {
  const { at, rest } = await chain(t)
  t.equal(rest(), '/file')
  t.same(lastRoot([]), { at: '', count: 0 })
  t.equal(lastRoot(['..', 'var']).count, 0, 'what is above comes out only on the way')
  t.equal(lastRoot([...join(at, 'a').split('/').slice(1), '..', 'a']).at, join(at, 'a'))
})

t.test('not past one that is no longer of root alone, from the moment on that it is not', root, async (t) => {
  const changes: readonly (readonly [what: string, change: (folder: string) => void])[] = [
    ['given away', (it) => chownSync(it, 1000, 1000)],
    ['opened to all', (it) => chmodSync(it, 0o777)],
    ['removed', (it) => renameSync(it, `${it}-gone`)],
    [
      'replaced by a link',
      (it) => {
        renameSync(it, `${it}-moved`)
        symlinkSync(`${it}-moved`, it)
      },
    ],
  ]
  for (const [what, change] of changes) {
    const { at, rest } = await chain(t)
    change(join(at, 'a/b'))
    t.equal(rest(), '/b/c/file', what)
  }
  const { at, rest } = await chain(t)
  chmodSync(join(at, 'a/b'), 0o1777)
  t.equal(rest(), '/file', 'in a sticky folder nobody can replace what is of root')
})

t.test('what others may change is never noted', root, (t) => {
  const at = mkdtempSync('/var/tmp/murphy-roots-')
  t.teardown(() => rmSync(at, { recursive: true }))
  for (const [mode, uid] of [
    [0o777, 0],
    [0o755, 1000],
  ] as const) {
    chmodSync(at, mode)
    chownSync(at, uid, uid)
    noteRoot(at, statSync(at), 1, mountChanges())
    t.equal(knownRoot(at), undefined)
  }
  chmodSync(at, 0o755)
  chownSync(at, 0, 0)
  noteRoot(at, statSync(at), 7, mountChanges())
  t.match(knownRoot(at), { mount: 7 })
  noteRoot(at, statSync(at), 8, mountChanges())
  t.match(knownRoot(at), { mount: 7 }, 'as old as the question')
  t.end()
})

t.test(
  'it stays known from one round to the next, until something is mounted or too long has passed',
  root,
  async (t) => {
    const { now } = performance
    let ahead = 0
    performance.now = () => now.call(performance) + ahead
    t.teardown(() => {
      performance.now = now
    })
    const { at, rest } = await chain(t)
    ahead = 80_000
    t.equal(rest(), '/file')
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', join(at, 'a/b/c')])
    t.teardown(() => execFileSync('umount', [join(at, 'a/b/c')]))
    ahead += 1_001
    t.not(rest(), '/file', 'what was mounted meanwhile may be anything')
    const other = await chain(t)
    t.equal(other.rest(), '/file')
    ahead += 91_000
    t.not(other.rest(), '/file')
  },
)
