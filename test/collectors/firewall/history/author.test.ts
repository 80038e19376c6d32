import t from 'tap'
import {
  authorOf,
  deletedFrom,
  deleters,
  isGeneration,
  likely,
  relevantLines,
} from '../../../../collectors/firewall/history/author.ts'

const said = (name: string, pid: number, at = pid) => ({
  at,
  text: `# new generation 9 by process ${pid} (${name})`,
})
const deleted = (table: string, family = 'ip') => ({
  at: 1,
  text: `delete rule ${family} ${table} INPUT handle 2`,
})

t.test('reads what nft monitor says', (t) => {
  t.same(authorOf(said('iptables', 25978, 5)), { name: 'iptables', pid: 25978, at: 5 })
  t.equal(authorOf({ at: 1, text: 'delete rule ip filter INPUT handle 2' }), undefined)
  t.equal(authorOf({ at: 1, text: '# new generation 9' }), undefined, 'with -n there is no name')
  t.equal(authorOf(said('a`b <@everyone>\x1b[2J', 1))?.name, 'a?b???everyone???2J')
  t.ok(isGeneration('# new generation 2 by process 8809 (iptables)'))
  t.notOk(isGeneration('add rule ip filter INPUT comment "# new generation 9 by process 1 (me)"'))
  t.equal(deletedFrom('delete rule ip nat PREROUTING handle 22'), 'ipv4 nat')
  t.equal(deletedFrom('delete rule ip6 filter INPUT handle 1'), 'ipv6 filter')
  t.equal(deletedFrom('delete table inet firewalld'), 'ipv4 firewalld')
  t.equal(deletedFrom('delete chain ip nat PREROUTING'), undefined, 'a chain holds no rules by then')
  t.equal(deletedFrom('add rule ip nat PREROUTING delete rule ip nat X'), undefined)
  t.end()
})

t.test('of a flush each table is handed on once, before who did it', (t) => {
  const lines = relevantLines()
  const flush = [
    ...Array.from({ length: 50 }, (_, at) => `delete rule ip filter INPUT handle ${at}`),
    ...Array.from({ length: 50 }, (_, at) => `delete rule ip nat OUTPUT handle ${at}`),
    '# new generation 5 by process 4085 (iptables)',
  ]
  t.same(flush.filter(lines), [flush[0], flush[50], flush[100]])
  t.same(flush.filter(lines), [flush[0], flush[50], flush[100]], 'and again with the next change')
  const many = Array.from({ length: 500 }, (_, at) => `delete rule ip t${at} INPUT handle 1`)
  t.equal(many.filter(lines).length, 32)
  t.end()
})

t.test('a change is of those that do not rewrite rules all the time', (t) => {
  const pids = (...all: ReturnType<typeof said>[]) => likely(all).map((it) => it.pid)
  t.same(
    pids(said('iptables-restor', 1), said('iptables', 2), said('k3s-server', 3), said('iptables', 4)),
    [2],
  )
  t.same(pids(said('iptables-restor', 1), said('k3s-server', 2)), [1, 2])
  t.same(likely([]), [])
  t.end()
})

t.test('the author of a loss is the first that deleted from the table', (t) => {
  const of = deleters([
    said('fail2ban', 1),
    deleted('nat'),
    said('iptables-restor', 2),
    deleted('filter'),
    said('iptables', 3),
    deleted('nat'),
    deleted('filter', 'ip6'),
    said('nft', 4),
    deleted('nat'),
    said('iptables', 5),
    deleted('mangle'),
  ])
  t.same(
    [...of].map(([table, it]) => [table, it.pid]),
    [
      ['ipv4 nat', 4],
      ['ipv4 filter', 3],
      ['ipv6 filter', 4],
    ],
  )
  t.equal(
    deleters([deleted('nat'), said('iptables-restor', 7)]).get('ipv4 nat')?.pid,
    7,
    'if nobody else did',
  )
  t.equal(deleters([]).size, 0)
  t.end()
})
