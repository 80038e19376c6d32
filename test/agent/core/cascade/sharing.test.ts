import t from 'tap'
import { shares, sharing, strangers } from '../../../../agent/core/cascade/sharing.ts'
import type { Finding } from '../../../../agent/model/index.ts'
import { finding, rule } from '../../findings.ts'

const pod = (name: string) => ({ namespace: 'shop', name, container: 'app' })
const ledger = [
  finding({ code: 'memory.killed', subject: 'shop/a/app', pod: pod('a'), since: 1 }),
  finding({ code: 'memory.killed', subject: 'shop/b/app', pod: pod('b'), since: 7 }),
  finding({ code: 'memory.killed', subject: 'node', evidence: { table: 'nat, filter' }, since: 3 }),
  finding({
    code: 'pods.crash',
    subject: 'shop/a/app',
    pod: pod('a'),
    evidence: { table: 'filter' },
    since: 4,
  }),
]
const byCode = Map.groupBy(ledger, (it) => it.code)
const [a, b, node, crash] = ledger as [Finding, Finding, Finding, Finding]

t.test('whatever the index leaves out has nothing in common', (t) => {
  for (const same of [undefined, 'subject', 'pod', 'table'] as const)
    for (const it of ledger) {
      const near = sharing('memory.killed', it, same, byCode)
      for (const other of byCode.get('memory.killed') ?? [])
        t.ok(near.includes(other) || !shares(other, it, same), `${same}: ${other.id} of ${it.id}`)
    }
  t.strictSame(sharing('memory.killed', crash, 'pod', byCode), [a])
  t.strictSame(sharing('memory.killed', crash, 'subject', byCode), [a])
  t.strictSame(sharing('memory.killed', node, 'pod', byCode), [], 'who has no pod shares none')
  t.equal(sharing('memory.killed', crash, undefined, byCode).length, 3)
  t.strictSame(sharing('none.such', crash, 'pod', byCode), [])
  t.notOk(shares(node, { ...node, evidence: {} }, 'table'))
  t.ok(shares(node, crash, 'table'))
  t.end()
})

t.test('who asks why is told what was of something else, the nearest first', (t) => {
  const rules = {
    'memory.killed': rule(),
    'pods.crash': rule({ because: [{ code: 'memory.killed', same: 'pod' }] }),
  }
  t.strictSame(
    strangers(crash, rules, byCode).map((it) => [it.cause, it.verdict]),
    [
      [node, 'another subject'],
      [b, 'another subject'],
    ],
  )
  t.strictSame(strangers(a, rules, byCode), [], 'nothing is known to cause it')
  t.end()
})

t.test('the work grows with the findings, and not with their square', (t) => {
  const many = (count: number) =>
    Map.groupBy(
      Array.from({ length: count }, (_, at) => [
        finding({ code: 'memory.killed', subject: `shop/${at}`, pod: pod(`${at}`) }),
        finding({ code: 'pods.crash', subject: `shop/${at}`, pod: pod(`${at}`) }),
      ]).flat(),
      (it) => it.code,
    )
  const held = (count: number) => {
    const its = many(count)
    return (its.get('pods.crash') ?? []).reduce(
      (sum, it) => sum + sharing('memory.killed', it, 'pod', its).length,
      0,
    )
  }
  t.strictSame([held(10), held(1000)], [10, 1000])
  t.end()
})
