import t from 'tap'
import { beginningOf, beginsWithTime, prefixOf } from '../../../../collectors/pods/forms/prefix.ts'

t.test('with names or without', async (t) => {
  for (const it of [
    '',
    '[31] ',
    '2026-11-23 00:31:07.643 UTC [31] ',
    '2026-11-23 00:31:07 UTC [31]: [1-1] user=,db=,app=,client= ',
    '2026-11-23 00:31:07 UTC::@:[31]:',
    '2026-11-23 00:31:07 UTC [31]: [5e721b4e.1b-1] @,app= [XX000] ',
    '2026-11-23 00:31:07.643 UTC autovacuum launcher[31] ',
  ])
    t.equal(prefixOf(it), 'plain', it)
  for (const it of [
    '2026-11-23 00:31:07.643 UTC [31] shop@shop ',
    '2026-11-23 00:31:07 UTC [31]: [1-1] user=shop,db=shop,app=psql,client=[local] ',
    '2026-11-23 00:31:07 UTC:10.42.0.7(4242):shop@shop:[31]:',
    '2026-11-23 00:31:07 UTC shop shop ',
  ])
    t.equal(prefixOf(it), 'named', it)
  for (const it of ['x ', '@shop ', '2026-11-23 00:31:07.643 UTC [31] "x" ', 'x 2026-11-23 00:31:07 UTC '])
    t.equal(prefixOf(it), undefined, it)
})

t.test('the beginning of a line, whatever its numbers', async (t) => {
  const its = beginningOf('2026-11-23 00:31:07.643 UTC [31] LOG:  x')
  t.equal(beginningOf('2027-01-02 10:00:00.001 UTC [7] shop@shop FATAL:  y'), its)
  for (const other of [
    '2026-11-23 00:31:07 UTC [31] LOG:  x',
    '2026-11-23 00:31:07.643 CET [31] LOG:  x',
    '2026-11-23 00:31:07.643 UTC LOG:  x',
    '2026-11-23 00:31:07.643 UTC,,,,',
    'LOG:  x',
    '{"x":1}',
    'alice 2026-11-23 00:31:07.643 UTC [31] LOG:  x',
  ])
    t.not(beginningOf(other), its, other)
  t.equal(beginningOf('LOG:  x'), '')
  t.ok(beginsWithTime('2026-11-23 00:31:07.643 UTC x'))
  t.notOk(beginsWithTime('x 2026-11-23 00:31:07.643 UTC'))
  t.notOk(beginsWithTime('2026-11-23 00:31:07,643 INFO: x'))
})

t.test('a long one costs its length', async (t) => {
  for (const piece of [
    'a=',
    'aaa=',
    '[',
    '[] ',
    '1',
    '1 ',
    'a@',
    '-',
    '0:',
    'startup ',
    '2026-11-23 00:31:07 UTC ',
  ])
    for (const lead of ['', '2026-11-23 00:31:07 UTC ', 'Nov 23 00:31:07 db-0 postgres[1]: ']) {
      const begun = performance.now()
      prefixOf(`${lead}${piece.repeat(10_000)}! `)
      beginningOf(`${lead}${piece.repeat(10_000)}! `)
      t.ok(performance.now() - begun < 1000, `${lead}${piece}`)
    }
})
