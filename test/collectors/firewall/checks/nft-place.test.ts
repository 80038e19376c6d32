import t from 'tap'
import { nftPlace } from '../../../../collectors/firewall/checks/nft-place.ts'

t.test('a table and a chain that a shell takes as they are', async (t) => {
  t.equal(nftPlace('inet mine', 'in'), 'inet mine in')
  t.equal(nftPlace('ip6 my-table.1', 'input_2'), 'ip6 my-table.1 input_2')
  for (const [table, chain] of [
    ['inet $(reboot)', 'in'],
    ['inet mine', 'in; reboot'],
    ['bridge mine', 'in'],
    ['netdev mine', 'in'],
    [undefined, 'in'],
    ['inet mine', undefined],
  ])
    t.equal(nftPlace(table, chain), undefined, `${table} ${chain}`)
})
