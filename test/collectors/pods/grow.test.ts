import { readFileSync, renameSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { openMachine } from '../../../agent/host/machine.ts'
import { type Host, HostError } from '../../../agent/model/index.ts'
import type { Growth } from '../../../collectors/pods/grow.ts'
import { afterRotation, fileOf, growthOf, readOn as reading } from '../../../collectors/pods/grow.ts'
import { patterns } from '../../../collectors/pods/patterns.ts'
import type { Place } from '../../../collectors/pods/sample.ts'
import { matcher } from '../../../collectors/pods/scan.ts'
import { cri, podNode } from './node.ts'

const shipped = matcher(patterns)
const it = matcher([{ name: 'torn', severity: 'warning', says: 'x', find: ['torn page'], fix: ['x'] }])

/** A reading, and what its file is after it. */
async function readOn(host: Host, ...how: Parameters<typeof reading> extends [Host, ...infer T] ? T : never) {
  const read = await reading(host, ...how)
  const [stat] = await host.stats(read.rotated ? [read.rotated.file] : [])
  return afterRotation(read, stat instanceof HostError ? undefined : stat)
}

/** What an earlier look knows of a log of which no container was started since. */
const stateOf = async (host: Host, path: string, place: Place | undefined) => {
  const [stat] = place ? await host.stats([fileOf(path, place)]) : []
  return stat instanceof HostError ? {} : { stat }
}

/** A container whose log is followed from look to look. */
function following(t: Parameters<typeof podNode>[0]) {
  const node = podNode(t)
  const container = node.container('web')
  let place: Place | undefined
  let last: { readonly left: number; readonly lost: boolean } | undefined
  const look = async ({ most, known, ...how }: { most?: number; tail?: number; known?: boolean } = {}) => {
    const growth = await growthOf(node.host, container.path, place, {
      ...how,
      ...(known && (await stateOf(node.host, container.path, place))),
    })
    if (!growth) return 0
    const read = await readOn(node.host, growth, it, most)
    place = read.place
    last = { left: read.left, lost: growth.lost === true }
    return read.found.reduce((sum, one) => sum + one.count, 0)
  }
  return {
    ...node,
    ...container,
    look,
    place: () => place,
    last: () => last,
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
  t.equal(await look(), 1)
  write(1, 'torn page')
  t.equal(await look(), 1)
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
  t.equal(await look({ tail: 300 }), 5)
})

t.test('more than a look may read is left for the next, through rotation and restarts', async (t) => {
  const { write, setAside, look, last, place } = following(t)
  const lines = (from: number) => Array.from({ length: 100 }, (_, at) => `torn page ${from + at}`)
  write(0, 'fine')
  await look()
  write(0, ...lines(0))
  setAside(0, '20261123-030000')
  write(0, ...lines(100))
  write(1, ...lines(200))
  write(2, ...lines(300))
  const found: number[] = []
  for (let looks = 0; looks < 40 && last()?.left !== 0; looks += 1) found.push(await look({ most: 1500 }))
  while (found.reduce((sum, one) => sum + one, 0) < 400 && found.length < 40)
    found.push(await look({ most: 1500 }))
  t.equal(
    found.reduce((sum, one) => sum + one, 0),
    400,
    `each of them once: ${found}`,
  )
  t.ok(found.length > 10 && found.every((one) => one > 0 && one < 40), `${found}`)
  t.strictSame(last(), { left: 0, lost: false })
  t.equal(place()?.[0], 2)
  t.equal(place()?.length, 3)
  t.equal(await look({ known: true }), 0)
})

t.test('restarts are counted while an older log is still being read', async (t) => {
  const { write, look, place } = following(t)
  write(0, 'fine')
  await look()
  write(0, ...Array.from({ length: 100 }, (_, at) => `torn page ${at}`))
  write(3, 'fine')
  await look({ most: 1000 })
  t.strictSame([place()?.[0], place()?.[3]], [3, 0])
})

t.test('what was packed or removed before it was read is said to be lost', async (t) => {
  const { write, setAside, look, last, file } = following(t)
  write(0, 'fine')
  await look()
  write(0, 'torn page 1')
  setAside(0, '20261123-030000')
  renameSync(file('0.log.20261123-030000'), file('0.log.20261123-030000.gz'))
  // It may be the end of a line that began in the file before.
  write(0, 'torn page', 'torn page 2')
  setAside(0, '20261123-030100')
  write(0, 'torn page 3')
  // The packed one is another file.
  writeFileSync(file('new'), '')
  renameSync(file('new'), file('0.log.20261123-030000.gz'))
  t.equal(await look(), 2, 'what is left of it')
  t.strictSame(last(), { left: 0, lost: true })
  t.equal(await look(), 0)
  t.strictSame(last(), { left: 0, lost: false })
})

t.test('far behind is never caught up with: the newest counts', async (t) => {
  const { write, look, last, file } = following(t)
  write(0, 'torn page')
  truncateSync(file('0.log'), 300 * 1024 * 1024)
  write(0, 'torn page')
  const growth = await growthOf(openMachine().during(AbortSignal.timeout(5000)), file(''), undefined)
  t.equal(growth?.bytes, 256 * 1024 * 1024)
  t.equal(growth?.lost, true)
  await look({ most: 1000 })
  t.equal(last()?.lost, true)
})

t.test('nothing more once the time is over', async (t) => {
  const { write, host, path } = following(t)
  write(0, 'torn page')
  const growth = await growthOf(host, path, undefined)
  if (!growth) throw new Error('no log')
  const read = await readOn(host, growth, it, undefined, performance.now() - 1)
  t.strictSame([read.found, read.left, read.place[2]], [[], growth.bytes, 0])
})

t.test('a line longer than what may be read stops nobody', async (t) => {
  const { write, look, last } = following(t)
  write(0, 'x'.repeat(5000), 'torn page')
  let found = 0
  for (let looks = 0; looks < 12 && (looks === 0 || last()?.left !== 0); looks += 1)
    found += await look({ most: 1000 })
  t.equal(found, 1)
})

t.test('lines and pieces that never end are not waited for', async (t) => {
  const { raw, write, look, place, file } = following(t)
  raw(0, `2026-11-23T03:00:00Z stdout F ${'x'.repeat(1_300_000)}\n`)
  write(0, 'torn page')
  t.equal(await look(), 1, 'behind a line of 1.3 MB')
  raw(0, `2026-11-23T03:00:00Z stdout P ${'x'.repeat(16_000)}\n`.repeat(100))
  write(0, 'torn page')
  t.equal(await look(), 1, 'the other stream is read on')
  write(0, 'torn page')
  t.equal(await look(), 1)
  t.equal(place()?.[2], statSync(file('0.log')).size)
  t.ok(readFileSync(file('0.log')).length > 2e6)
})

t.test('gone, or not a file', async (t) => {
  const { look, put, path } = following(t)
  await t.rejects(look(), { code: 'missing' })
  put(`${path}/x`, '')
  t.equal(await look(), 0)
  put(`${path}/1.log/x`, '')
  await t.rejects(look(), { code: 'failed' })
})

/** As containerd writes a long line: in pieces of 16 KiB. */
function inPieces(text: string, stream = 'stderr') {
  const count = Math.ceil(text.length / 16_384)
  return Array.from({ length: count }, (_, at) =>
    cri(text.slice(at * 16_384, (at + 1) * 16_384), 0, stream, at < count - 1 ? 'P' : 'F'),
  ).join('')
}
const time = '2026-11-23 03:00:00.643 UTC [7] '
const panic = `${time}PANIC:  could not locate a valid checkpoint record`
const ready = `${time}LOG:  database system is ready to accept connections`
/** A statement with words at the beginning of a piece, and so many behind. */
const statement = (words: string, piece: number, behind = 0) =>
  `${time}STATEMENT:  select '`.padEnd(piece * 16_384, 'x') + words.padEnd(behind * 16_384, 'y')

/** What all looks at a log find, of so many bytes each. */
async function foundIn(t: Parameters<typeof podNode>[0], text: string, { most = 1e9, tail = 1e9 } = {}) {
  const { host, container } = podNode(t)
  const { path, raw } = container('db')
  raw(0, text)
  let place: Place | undefined
  const found: string[] = []
  for (let looks = 0; looks < 200; looks += 1) {
    const growth = await growthOf(host, path, place, place ? {} : { tail })
    if (!growth || (place && growth.bytes === 0)) break
    const read = await readOn(host, growth, shipped, most)
    place = read.place
    found.push(...read.found.map((one) => (one.over ? `${one.name} over` : one.name)))
  }
  return found
}

t.test('the middle of a long line is never the beginning of one', async (t) => {
  for (const piece of [1, 16, 17, 32, 33])
    for (const words of [panic, ready])
      for (const behind of [0, 2])
        for (const how of [{}, { most: piece === 33 ? 20_000 : 100_000 }, { tail: 64 * 1024 }])
          t.strictSame(
            await foundIn(t, inPieces(statement(words, piece, behind)), how),
            [],
            `${words.slice(30, 60)} at piece ${piece}, ${behind} behind, ${JSON.stringify(how)}`,
          )
  const between = inPieces(statement(panic, 33)).replaceAll('\n', `\n${cri('x', 0, 'stdout')}`)
  t.strictSame(await foundIn(t, between), [], 'with lines of the other stream between')
})

t.test('what stands behind it is found, and before', async (t) => {
  const long = inPieces(statement('', 40))
  const its = ['postgres-wal', 'postgres-panic']
  for (const how of [{}, { most: 100_000 }, { tail: 64 * 1024 }])
    t.strictSame(await foundIn(t, long + cri(panic, 0), how), its, JSON.stringify(how))
  t.strictSame(await foundIn(t, cri(panic, 0) + long), its)
  t.strictSame(await foundIn(t, cri(panic, 0)), its)
  t.strictSame(
    await foundIn(t, cri('x', 0).repeat(3000) + cri(panic, 0), { tail: 200 }),
    its,
    'the first look begins at this line',
  )
})

t.test('a long line that is set aside in its middle', async (t) => {
  for (const lookBetween of [true, false]) {
    const { host, container } = podNode(t)
    const { path, raw, setAside } = container('db')
    raw(0, cri('fine', 0))
    let { place } = await readOn(host, (await growthOf(host, path, undefined)) as Growth, shipped)
    const look = async () => {
      const read = await readOn(host, (await growthOf(host, path, place)) as Growth, shipped)
      place = read.place
      return read.found.map((one) => one.name)
    }
    const lines = inPieces(statement(panic, 40)).split(/(?<=\n)/)
    raw(0, lines.slice(0, 40).join(''))
    const found = lookBetween ? await look() : []
    setAside(0, '20261123-030000')
    raw(0, lines.slice(40).join(''))
    found.push(...(await look()), ...(await look()))
    t.strictSame(found, [], `with a look between: ${lookBetween}`)
    raw(0, cri(panic, 0))
    t.strictSame(await look(), ['postgres-wal', 'postgres-panic'])
  }
})

t.test('a name that ends behind what a look reads', async (t) => {
  const name = `${time}\n${panic}\n@shop FATAL:  no`
    .split('\n')
    .map((it) => cri(it, 0))
    .join('')
  const text = cri('fine', 0).repeat(500) + name
  for (let most = 600; most < 900; most += 19) t.strictSame(await foundIn(t, text, { most }), [], `${most}`)
})

t.test("Docker's lines in pieces", async (t) => {
  const docker = (text: string) =>
    inPieces(text)
      .split('\n')
      .filter(Boolean)
      .map((it) => {
        const [, tag, log] = /^\S+ stderr ([PF]) (.*)$/s.exec(it) ?? []
        return `${JSON.stringify({ log: `${log}${tag === 'P' ? '' : '\n'}`, stream: 'stderr', time: 'x' })}\n`
      })
      .join('')
  t.strictSame(await foundIn(t, docker(statement(panic, 1))), [])
  t.strictSame(await foundIn(t, docker(statement(panic, 40, 2))), [])
  t.strictSame(await foundIn(t, docker(statement('', 3)) + docker(panic)), ['postgres-wal', 'postgres-panic'])
})
