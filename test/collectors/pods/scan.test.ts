import t from 'tap'
import type { Pattern } from '../../../collectors/pods/pattern.ts'
import { matcher, scan } from '../../../collectors/pods/scan.ts'
import { cri } from './node.ts'

const pattern = (name: string, find: readonly string[], over?: readonly string[]): Pattern => ({
  name,
  severity: 'warning',
  says: name,
  find,
  fix: ['x'],
  ...(over && { over }),
})
const it = matcher([
  pattern('torn', ['ledger*checksum mismatch', 'torn page!'], ['ledger is whole']),
  pattern('broken', ['broken pipe']),
])
const at = Date.parse('2026-11-23T03:00:00Z')
const line = (text: string, tag = 'F', stream = 'stdout', time = at) => cri(text, time, stream, tag)
const read = (text: string, all = false) => scan(it, Buffer.from(text), { all })

t.test('lines, counted, with the time of the first and the last', async (t) => {
  const text =
    line('ledger 5: checksum mismatch') +
    line('fine') +
    line('torn page! ledger: checksum mismatch', 'F', 'stdout', at + 5000)
  const { used, found } = read(text)
  t.equal(used, text.length)
  t.strictSame(found, [
    { name: 'torn', count: 2, first: at, last: at + 5000, excerpt: 'torn page! ledger: checksum mismatch' },
  ])
})

t.test('words have their order, and none is looked for in the header', async (t) => {
  t.strictSame(read(line('checksum mismatch of the ledger')).found, [])
  t.strictSame(read(line('ledger') + line('checksum mismatch')).found, [], 'a line is a line')
  t.strictSame(
    read('broken pipe\n').found,
    [{ name: 'broken', count: 1, excerpt: 'broken pipe' }],
    'without a header',
  )
})

t.test('the beginning of a line comes again', async (t) => {
  const text = line('fine') + line('broken pipe')
  const { used, found } = read(text.slice(0, -3))
  t.equal(used, line('fine').length)
  t.strictSame(found, [])
})

t.test('pieces of a line are put together, also with lines of the other stream between', async (t) => {
  const text =
    line('the led', 'P') +
    line('broken pipe', 'F', 'stderr', at + 1) +
    line('ger: check', 'P') +
    line('brok', 'P', 'stderr', at + 2) +
    line('sum mismatch') +
    line('en pipe', 'F', 'stderr')
  const { used, found } = read(text)
  t.equal(used, text.length)
  t.match(found, [
    { name: 'torn', count: 1, first: at, excerpt: 'the ledger: checksum mismatch' },
    { name: 'broken', count: 2, first: at + 1, last: at + 2 },
  ])
  t.strictSame(
    read(line('broken pipe', 'P') + line(' broken pipe')).found.map((one) => one.count),
    [1],
    'counted once',
  )
})

t.test('pieces without an end are waited for, but not for ever', async (t) => {
  const begun = line('fine') + line('broken pi', 'P')
  t.equal(read(begun).used, line('fine').length)
  t.match(read(`${begun}${line('pe')}`).found, [{ name: 'broken' }])
  t.equal(read(begun, true).used, begun.length)
  t.match(read(line('broken pipe', 'P'), true).found, [{ name: 'broken', count: 1 }])
})

t.test('what is over is over, and may begin again', async (t) => {
  t.strictSame(read(line('torn page!') + line('ledger is whole')).found, [
    { name: 'torn', count: 0, over: true },
  ])
  t.match(read(line('ledger is whole') + line('torn page!')).found, [{ name: 'torn', count: 1, over: true }])
})

t.test('hostile lines', async (t) => {
  const { found } = read(
    line(`\u001b[2J\u202e\`rm\` postgres://user:hunter2@db/x broken pipe ${'y'.repeat(5000)}`),
  )
  t.notMatch(found[0]?.excerpt, /hunter2|[\u001b\u202e`]/)
  t.ok(Number(found[0]?.excerpt?.length) <= 201)
  const begun = performance.now()
  const long = line(`${'ledger ledger checksum mismatc '.repeat(30_000)}`)
  const flood = line('torn page!').repeat(10_000)
  const pieces = line('x', 'P').repeat(10_000)
  for (const text of [
    long,
    flood,
    pieces,
    `${'\n'.repeat(500_000)}`,
    ' stdout P '.repeat(50_000),
    `${line(' stdout P ').repeat(5000)}`,
  ])
    read(text, true)
  t.ok(performance.now() - begun < 3000, `${Math.round(performance.now() - begun)} ms`)
  t.equal(read(flood).found[0]?.count, 10_000)
})
