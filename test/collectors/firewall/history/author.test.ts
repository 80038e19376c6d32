import t from 'tap'
import {
  authorOf,
  deleters,
  isGeneration,
  likely,
  relevantLines,
  touched,
} from '../../../../collectors/firewall/history/author.ts'

const said = (name: string, pid: number, at = pid) => ({
  at,
  text: `# new generation 9 by process ${pid} (${name})`,
})
/** What is handed on of a change that takes or puts so many rules of a built-in chain. */
const lines = (what: 'delete' | 'add', rules: number, table: string, family = 'ip') =>
  Array.from({ length: rules }, (_, at) => `${what} rule ${family} ${table} INPUT handle ${at} `)
    .filter(relevantLines())
    .map((text) => ({ at: 1, text }))
const deleted = (table: string, rules = 1, family?: string) => lines('delete', rules, table, family)
const put = (table: string, rules: number) => lines('add', rules, table)
const lost = (...tables: string[]) => new Map(tables.map((it) => [it, { had: 12, lost: 10 }]))

t.test('reads what nft monitor says', (t) => {
  t.same(authorOf(said('iptables', 25978, 5)), { name: 'iptables', pid: 25978, at: 5 })
  t.equal(authorOf({ at: 1, text: 'delete rule ip filter INPUT handle 2' }), undefined)
  t.equal(authorOf({ at: 1, text: '# new generation 9' }), undefined, 'with -n there is no name')
  t.equal(authorOf(said('a`b <@everyone>\x1b[2J', 1))?.name, 'a?b???everyone???2J')
  t.ok(isGeneration('# new generation 2 by process 8809 (iptables)'))
  t.notOk(isGeneration('add rule ip filter INPUT comment "# new generation 9 by process 1 (me)"'))
  const of = (line: string) => Object.values(touched(line) ?? {}).join()
  t.equal(of('delete rule ip nat PREROUTING handle 22'), 'ipv4 nat,taken')
  t.equal(of('delete rule ip6 filter INPUT handle 1'), 'ipv6 filter,taken')
  t.equal(of('add rule ip nat OUTPUT counter packets 0 bytes 0 jump KUBE-SERVICES'), 'ipv4 nat,put')
  t.equal(of('insert rule ip nat OUTPUT counter'), 'ipv4 nat,put')
  t.equal(of('delete table inet firewalld'), 'ipv4 firewalld,all')
  t.equal(of('delete rule inet firewalld filter_INPUT handle 3'), 'ipv4 firewalld,taken')
  t.equal(touched('delete rule ip nat KUBE-SERVICES handle 35'), undefined, 'kube-proxy does all the time')
  t.equal(touched('delete chain ip nat PREROUTING'), undefined, 'a chain holds no rules by then')
  t.equal(of('add rule ip nat PREROUTING delete rule ip nat X'), 'ipv4 nat,put')
  t.end()
})

t.test('of a flush it is handed on how much of each table went, to within a quarter', (t) => {
  const isNoted = relevantLines()
  const flush = [
    ...Array.from({ length: 1000 }, (_, at) => `delete rule ip filter INPUT handle ${at}`),
    ...Array.from({ length: 3 }, (_, at) => `delete rule ip nat OUTPUT handle ${at}`),
    ...Array.from({ length: 900 }, (_, at) => `delete rule ip nat KUBE-SERVICES handle ${at}`),
    '# new generation 5 by process 4085 (iptables)',
  ]
  const noted = flush.filter(isNoted)
  t.equal(noted.filter((it) => it.includes(' filter ')).length, 34)
  t.same(noted.slice(34), [...flush.slice(1000, 1003), flush.at(-1)])
  t.same(flush.filter(isNoted), noted, 'and again with the next change')
  const many = Array.from({ length: 500 }, (_, at) => `delete rule ip t${at} INPUT handle 1`)
  t.equal(many.filter(isNoted).length, 32)
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

t.test('a name that the kernel has cut is said whole, where it is known', async (t) => {
  const name = (comm: string) => likely([said(comm, 1)])[0]?.name
  t.equal(name('iptables-restor'), 'iptables-restore')
  t.equal(name('ip6tables-resto'), 'ip6tables-restore')
  for (const other of ['iptables', 'iptables-rest', 'my-own-firewall']) t.equal(name(other), other)
})

const pid = (heard: ReturnType<typeof deleted>, table = 'ipv4 nat') =>
  deleters(heard, lost(table)).get(table)?.pid

t.test('the author of a loss is whose change can have taken most of it', (t) => {
  const heard = [
    said('fail2ban', 1),
    ...deleted('nat', 1),
    said('iptables', 2),
    ...deleted('filter', 10),
    said('iptables', 3),
    ...deleted('nat', 12),
    ...deleted('filter', 9, 'ip6'),
    said('iptables-restor', 4),
    ...deleted('nat', 2),
    said('iptables', 5),
    ...deleted('mangle', 20),
  ]
  t.same(
    [...deleters(heard, lost('ipv4 nat', 'ipv4 filter', 'ipv6 filter', 'ipv4 mangle'))].map(([table, it]) => [
      table,
      it.pid,
    ]),
    [
      ['ipv4 nat', 4],
      ['ipv4 filter', 3],
      ['ipv6 filter', 4],
    ],
    'of a change whose generation is not there nobody knows',
  )
  t.equal(deleters([], lost('ipv4 nat')).size, 0)
  t.equal(pid([{ at: 1, text: 'delete table ip nat' }, said('nft', 6)]), 6)
  t.end()
})

t.test('who took too little of a table flushed none, as a plugin that deletes its own rule', (t) => {
  t.equal(
    pid([...deleted('nat'), said('iptables', 1), ...deleted('nat'), said('iptables-restor', 2)]),
    undefined,
  )
  t.equal(pid([...deleted('nat', 6), said('iptables', 1)]), undefined)
  t.equal(pid([...deleted('nat', 7), said('iptables', 1)]), 1)
  t.end()
})

t.test('who put back what he took flushed none', (t) => {
  t.equal(pid([...deleted('nat', 12), ...put('nat', 12), said('iptables-restor', 1)]), undefined)
  t.equal(pid([...deleted('nat', 12), ...put('nat', 2), said('iptables-restor', 1)]), 1)
  const replaced = [{ at: 1, text: 'delete table ip nat' }, ...put('nat', 12), said('nft', 1)]
  t.equal(pid(replaced), undefined)
  t.equal(
    pid([
      ...deleted('nat', 12),
      said('iptables', 1),
      ...put('nat', 12),
      said('iptables', 2),
      ...deleted('nat', 12),
      said('iptables', 3),
    ]),
    3,
    'what he took had been put back, so it was the last',
  )
  t.end()
})

t.test('chain by chain, or rule by rule, the changes count together', (t) => {
  const parts = [...deleted('nat', 4), said('iptables', 1), ...deleted('nat', 6), said('iptables', 2)]
  t.equal(pid(parts), 2)
  t.equal(pid([...parts.slice(0, 5), ...deleted('nat', 3), said('iptables', 2)]), undefined)
  const moved = Array.from({ length: 12 }, (_, at) => [
    ...deleted('nat', 1),
    said('iptables', at),
    ...put('nat', 1),
    said('iptables', at),
  ])
  t.equal(pid(moved.flat()), undefined, 'a jump that is moved to the front, again and again')
  t.end()
})
