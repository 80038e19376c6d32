import t from 'tap'
import { authorOf, isGeneration, likeliest } from '../../../../collectors/firewall/history/author.ts'

const said = (name: string, pid: number, at = pid) => ({
  at,
  text: `# new generation 9 by process ${pid} (${name})`,
})

t.test('reads what nft monitor says', (t) => {
  t.same(authorOf(said('iptables', 25978, 5)), { name: 'iptables', pid: 25978, at: 5 })
  t.equal(authorOf({ at: 1, text: 'delete rule ip filter INPUT handle 2' }), undefined)
  t.equal(authorOf({ at: 1, text: '# new generation 9' }), undefined, 'with -n there is no name')
  t.equal(authorOf(said('a`b <@everyone>\x1b[2J', 1))?.name, 'a?b???everyone???2J')
  t.ok(isGeneration('# new generation 2 by process 8809 (iptables)'))
  t.notOk(isGeneration('add rule ip filter INPUT comment "# new generation 9 by process 1 (me)"'))
  t.end()
})

t.test('the author of a loss is the first that does not rewrite rules all the time', (t) => {
  t.equal(
    likeliest([said('iptables-restor', 1), said('iptables', 2), said('k3s-server', 3), said('iptables', 4)])
      ?.pid,
    2,
  )
  t.equal(likeliest([said('iptables-restor', 1), said('ip6tables-resto', 2)])?.pid, 2)
  t.equal(likeliest([said('iptables-restor', 1), said('k3s-server', 2)])?.pid, 1)
  t.equal(likeliest([]), undefined)
  t.end()
})
