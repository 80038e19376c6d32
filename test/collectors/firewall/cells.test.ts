import t from 'tap'
import { byOwner, ownerIn, total } from '../../../collectors/firewall/cells.ts'
import { cellsOf, type RuleSet } from '../../../collectors/firewall/rule-set.ts'

const set = (family: 'ipv4' | 'ipv6', cells: RuleSet['cells']) => ({ family, cells }) as unknown as RuleSet

t.test('cells of both backends are added up by family', (t) => {
  const cells = cellsOf([
    set('ipv4', { 'filter ufw': [60, 18], 'nat kube-proxy': [20, 3] }),
    set('ipv4', { 'filter ufw': [5, 1] }),
    set('ipv6', { 'filter ufw': [40, 12] }),
  ])
  t.same(cells, { 'ipv4 filter ufw': [65, 19], 'ipv4 nat kube-proxy': [20, 3], 'ipv6 filter ufw': [40, 12] })
  t.equal(total(cells), 125)
  t.equal(total(cells, 'ipv4'), 85)
  t.same(byOwner(cells), [
    ['ufw', 105],
    ['kube-proxy', 20],
  ])
  t.same(byOwner(cells, ['ipv6']), [['ufw', 40]])
  t.equal(ownerIn('ipv4 filter kube-router'), 'kube-router')
  t.end()
})
