import t from 'tap'
import { collect } from '../../../collectors/firewall/collect.ts'
import { cellsOf, ufwActs } from '../../../collectors/firewall/rule-set.ts'
import { node } from './look.ts'

t.test('the cells of a recorded node are those of its sets, by family', async (t) => {
  const { sets } = await collect(node('ufw-default-deny'), { heard: [] })
  const cells = cellsOf(sets)
  for (const { family, cells: own } of sets)
    for (const [place, cell] of Object.entries(own)) t.strictSame(cells[`${family} ${place}`], cell, place)
  t.ok(ufwActs(sets, 'ipv4'))
  t.ok(ufwActs(sets, 'ipv6'))
})

t.test('ufw acts where packets come by its chains and find rules in them', async (t) => {
  const { sets } = await collect(node('ufw-default-deny'), { heard: [] })
  const [set] = sets.filter((it) => it.family === 'ipv4')
  if (!set) throw new Error('no IPv4 in the recording')
  const acts = (cell: readonly [number, number]) =>
    ufwActs([{ ...set, cells: { ...set.cells, 'filter ufw': cell } }], 'ipv4')
  t.ok(acts([60, 18]))
  t.notOk(acts([18, 18]), 'switched off, its chains are empty')
  t.notOk(acts([60, 0]), 'nothing leads there')
  t.notOk(ufwActs([], 'ipv4'))
})
