import t from 'tap'
import { countCopies } from '../../../../collectors/firewall/dump/copies.ts'
import { type Sum, sumOf } from '../../../../collectors/firewall/packet/sums.ts'

const count = (lines: Iterable<string>) => {
  const copies = countCopies()
  const sum: Sum = { low: 0, high: 0 }
  for (const line of lines) {
    sumOf(line, 1, sum)
    copies.add(sum.low, sum.high, 'filter', 'X', line)
  }
  return copies.end()
}

t.test('copies are found wherever they stand', (t) => {
  t.equal(count(['-A X a', '-A X b', '-A X c']), undefined)
  t.same(count(['-A X a', '-A X b', '-A X a', '-A X b', '-A X b']), {
    extra: 3,
    chain: 'filter X',
    times: 3,
    text: '-A X b',
  })
  t.end()
})

t.test('ninety thousand different rules have no copies; beyond the room for them none are made up', (t) => {
  const rules = (many: number) =>
    Array.from({ length: many }, (_, at) => `-A X -s 10.${at >> 8}.${at % 256} -j Y`)
  t.equal(count(rules(90_000)), undefined)
  const memory = process.memoryUsage().arrayBuffers
  t.equal(count([...rules(200_000), '-A X -s 10.0.0 -j Y'])?.extra, 1)
  t.ok(process.memoryUsage().arrayBuffers - memory < 8e6)
  t.end()
})
