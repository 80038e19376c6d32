import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { watchPath } from '../../../agent/host/watch.ts'

// To watch keeps no process alive.
const alive = setInterval(() => {}, 1000)
t.teardown(() => clearInterval(alive))

/** Waits for what must come, however busy the machine is. */
async function until(what: () => boolean): Promise<boolean> {
  for (let count = 0; count < 1000 && !what(); count += 1) await new Promise((it) => setTimeout(it, 10))
  return what()
}

/** A watch that is at work: it has told of a change that was made for it. */
async function watched(path: string, knock: () => void) {
  const seen = { changed: 0, gone: 0 }
  const end = watchPath(
    path,
    () => (seen.changed += 1),
    () => (seen.gone += 1),
  )
  const timer = setInterval(knock, 20)
  await until(() => seen.changed > 0 || seen.gone > 0)
  clearInterval(timer)
  // What was knocked last may still be on its way.
  await new Promise((it) => setTimeout(it, 50))
  seen.changed = 0
  return { seen, end: () => end?.() }
}

t.test('a folder tells of what changes in it, until it is asked no more', async (t) => {
  const folder = t.testdir({ a: '' })
  const { seen, end } = await watched(folder, () => writeFileSync(join(folder, 'knock'), 'x'))
  for (const change of [
    () => writeFileSync(join(folder, 'new'), 'x'),
    () => writeFileSync(join(folder, 'a'), 'longer'),
    () => renameSync(join(folder, 'a'), join(folder, 'b')),
    () => rmSync(join(folder, 'b')),
  ]) {
    const before = seen.changed
    change()
    t.ok(await until(() => seen.changed > before), String(change))
  }
  t.equal(seen.gone, 0)
  end()
  const before = seen.changed
  writeFileSync(join(folder, 'after'), 'x')
  await new Promise((it) => setTimeout(it, 50))
  t.equal(seen.changed, before)
})

t.test('a file tells of its changes, and when another takes its place', async (t) => {
  const folder = t.testdir({ file: 'a', next: 'b' })
  const file = join(folder, 'file')
  const { seen } = await watched(file, () => writeFileSync(file, 'x'))
  writeFileSync(file, 'longer')
  t.ok(await until(() => seen.changed > 0))
  t.equal(seen.gone, 0)
  renameSync(join(folder, 'next'), file)
  t.ok(await until(() => seen.gone === 1), 'whoever watches has to begin anew')
})

t.test('what is not there, or goes, is gone once', async (t) => {
  const folder = t.testdir({ sub: {} })
  let gone = 0
  const end = watchPath(
    join(folder, 'none'),
    () => t.fail('nothing changes there'),
    () => (gone += 1),
  )
  t.ok(await until(() => gone === 1 || end === undefined))
  const sub = join(folder, 'sub')
  const { seen } = await watched(sub, () => writeFileSync(join(sub, 'knock'), 'x'))
  rmSync(sub, { recursive: true })
  t.ok(await until(() => seen.gone + seen.changed > 0), 'and that it went is told')
})

t.test('ended before it began, it says nothing', async (t) => {
  const folder = t.testdir({ deep: { er: {} } })
  const end = watchPath(
    join(folder, 'deep/er'),
    () => t.fail('nobody listens any more'),
    () => t.fail('nor is it gone'),
  )
  end?.()
  writeFileSync(join(folder, 'deep/er/x'), 'x')
  await new Promise((it) => setTimeout(it, 50))
  t.pass('said nothing')
})

t.test(
  'whoever is not root leads it nowhere',
  { skip: process.getuid?.() !== 0 && 'needs root' },
  async (t) => {
    const { chownSync } = await import('node:fs')
    const folder = t.testdir({ theirs: {}, roots: {} })
    chownSync(join(folder, 'theirs'), 65534, 65534)
    mkdirSync(join(folder, 'theirs/sub'))
    symlinkSync(join(folder, 'roots'), join(folder, 'theirs/link'))
    let gone = 0
    watchPath(
      join(folder, 'theirs/link'),
      () => t.fail('it is not watched'),
      () => (gone += 1),
    )
    t.ok(await until(() => gone === 1))
  },
)
