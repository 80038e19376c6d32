import { readFileSync, statSync, truncateSync } from 'node:fs'
import t from 'tap'
import type { Budget } from '../../../collectors/pods/grow.ts'
import { readGrowth } from '../../../collectors/pods/grow.ts'
import type { Place } from '../../../collectors/pods/sample.ts'
import { matcher } from '../../../collectors/pods/scan.ts'
import { podNode } from './node.ts'

const it = matcher([{ name: 'torn', severity: 'warning', says: 'x', find: ['torn page'], next: ['x'] }])

/** A container whose log is followed from look to look. */
function following(t: Parameters<typeof podNode>[0], budget: Partial<Budget> = {}) {
  const node = podNode(t)
  const container = node.container('web')
  let place: Place | undefined
  const shared: Budget = { left: 1e9, skipped: 0, ...budget }
  const look = async (newest = 0, tail?: number) => {
    const grown = await readGrowth(node.host, container.path, newest, place, it, shared, tail)
    place = grown?.place ?? place
    return grown?.found.reduce((sum, one) => sum + one.count, 0) ?? 0
  }
  return {
    ...node,
    ...container,
    look,
    place: () => place,
    shared,
    file: (name: string) => node.there(`${container.path}/${name}`),
  }
}

t.test('only what it grew by', async (t) => {
  const { write, raw, look, place, file } = following(t)
  write(0, 'torn page 1', 'fine')
  t.equal(await look(), 1)
  t.equal(await look(), 0)
  write(0, 'torn page 2', 'torn page 3')
  raw(0, '2026-11-23T03:00:00Z stdout F torn pa')
  t.equal(await look(), 2)
  t.equal(await look(), 0, 'the line is not complete')
  raw(0, 'ge 4\n')
  t.equal(await look(), 1)
  t.equal(place()?.[2], statSync(file('0.log')).size)
})

t.test('through rotation, more than one at a time', async (t) => {
  const { write, setAside, look } = following(t)
  write(0, 'torn page 1')
  t.equal(await look(), 1)
  write(0, 'torn page 2')
  setAside(0, '20261123-030000')
  write(0, 'torn page 3')
  setAside(0, '20261123-030100')
  write(0, 'torn page 4')
  t.equal(await look(), 3, 'each of them once')
  t.equal(await look(), 0)
})

t.test('through a restart, with the last words of the one before', async (t) => {
  const { write, look } = following(t)
  write(0, 'fine')
  await look()
  write(0, 'torn page: I give up')
  write(1, 'fine')
  t.equal(await look(1), 1)
  write(1, 'torn page')
  t.equal(await look(1), 1)
})

t.test('emptied in place', async (t) => {
  const { write, look, file } = following(t)
  write(0, 'fine', 'fine')
  await look()
  truncateSync(file('0.log'))
  write(0, 'torn page')
  t.equal(await look(), 1)
})

t.test('the first look begins near the end, at a line', async (t) => {
  const { write, look } = following(t)
  write(0, ...Array.from({ length: 50 }, (_, at) => `torn page ${at}`))
  t.equal(await look(0, 300), 5)
})

t.test('more than a look may read is left out, and said', async (t) => {
  const { write, look, shared, place, file } = following(t, { left: 1000 })
  write(0, ...Array.from({ length: 100 }, (_, at) => `torn page ${at}`))
  const found = await look()
  t.ok(found > 5 && found < 20, `${found}`)
  t.equal(shared.left, 0)
  t.equal(shared.skipped, statSync(file('0.log')).size - 1000)
  t.equal(place()?.[2], statSync(file('0.log')).size)
})

t.test('lines and pieces that never end are not waited for', async (t) => {
  const { raw, write, look, place, file } = following(t)
  raw(0, `2026-11-23T03:00:00Z stdout F ${'x'.repeat(1_300_000)}\n`)
  write(0, 'torn page')
  t.equal(await look(), 1, 'behind a line of 1.3 MB')
  raw(0, `2026-11-23T03:00:00Z stdout P ${'x'.repeat(16_000)}\n`.repeat(100))
  write(0, 'torn page')
  t.equal(await look(), 0, 'the end of the pieces may come')
  write(0, 'torn page')
  t.equal(await look(), 2, 'it did not')
  t.equal(place()?.[2], statSync(file('0.log')).size)
  t.ok(readFileSync(file('0.log')).length > 2e6)
})

t.test('gone, or not a file', async (t) => {
  const { look, put, path } = following(t)
  t.equal(await look(), 0)
  put(`${path}/1.log/x`, '')
  await t.rejects(look(1), { code: 'failed' })
})

t.test('logs that are read at the same time leave each other enough', async (t) => {
  const node = podNode(t)
  const shared: Budget = { left: 256 * 1024 * 1024, skipped: 0 }
  const all = Array.from({ length: 16 }, (_, at) => node.container(`c${at}`))
  const places = await Promise.all(
    all.map(async ({ write, path }) => {
      write(0, 'fine')
      return (await readGrowth(node.host, path, 0, undefined, it, shared))?.place
    }),
  )
  for (const { write } of all) write(0, 'torn page')
  const grown = await Promise.all(
    all.map(({ path }, at) => readGrowth(node.host, path, 0, places[at], it, shared)),
  )
  t.strictSame(
    grown.map((one) => one?.found.length),
    all.map(() => 1),
  )
  t.equal(shared.skipped, 0)
})
