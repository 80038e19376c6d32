import t from 'tap'
import { type Sum, sumOf } from '../../../../collectors/firewall/packet/sums.ts'
import { nameSet, tally } from '../../../../collectors/firewall/packet/tally.ts'

const sum: Sum = { low: 0, high: 0 }
const of = (text: string) => {
  sumOf(text, 0, sum)
  return [sum.low, sum.high] as const
}

t.test('counts each sum for itself, also while it grows', (t) => {
  const it = tally(131_072)
  const rules = Array.from({ length: 20_000 }, (_, at) => `rule ${at}`)
  for (const round of [1, 2, 3]) t.same(new Set(rules.map((rule) => it.add(...of(rule)))), new Set([round]))
  t.ok(it.has(...of('rule 19999')))
  t.notOk(it.has(...of('rule 20000')))
  it.clear()
  t.notOk(it.has(...of('rule 1')))
  t.equal(it.add(...of('rule 1')), 1, 'and goes on from nothing')
  t.end()
})

t.test('what there is no room for is not counted', (t) => {
  const it = tally(1024)
  const counts = Array.from({ length: 2000 }, (_, at) => it.add(...of(`rule ${at}`)))
  t.equal(counts.filter((one) => one === 1).length, 768)
  t.equal(counts.filter((one) => one === 0).length, 1232)
  t.equal(it.add(...of('rule 5')), 2, 'what is there is counted on')
  t.end()
})

t.test('it costs 12 bytes a place, and gives back what it has outgrown', (t) => {
  const before = process.memoryUsage().arrayBuffers
  const it = tally(131_072)
  for (let at = 0; at < 90_000; at += 1) it.add(...of(`rule ${at}`))
  const taken = process.memoryUsage().arrayBuffers - before
  t.ok(taken <= 131_072 * 12, `${taken} bytes`)
  it.clear()
  t.ok(process.memoryUsage().arrayBuffers - before <= 1024 * 12)
  t.end()
})

t.test('a set of names has every name once there are too many', (t) => {
  const names = nameSet()
  names.add('KUBE-SVC-1')
  t.ok(names.has('KUBE-SVC-1'))
  t.notOk(names.has('KUBE-SVC-2'))
  for (let at = 0; at < 98_304; at += 1) names.add(`chain ${at}`)
  t.ok(names.isFull())
  t.ok(names.has('KUBE-SVC-2'), 'it may have been left out')
  names.clear()
  t.ok(names.isFull(), 'which is not forgotten')
  t.end()
})
