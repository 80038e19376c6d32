import t from 'tap'
import { passBoth, walk, wayIn } from '../../../../collectors/firewall/packet/walk.ts'
import { filter, printed, saved, ssh } from '../look.ts'

const verdict = (rules: string, policy?: string, chains?: string) =>
  walk(saved(filter(rules, policy, chains)).tables, ssh)

t.test('rule sets by hand', (t) => {
  const chains = ':mine - [0:0]\n:deeper - [0:0]'
  const cases: readonly [string, string, string][] = [
    ['', 'ACCEPT', 'accept'],
    ['', 'DROP', 'drop'],
    ['-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT', 'DROP', 'accept'],
    ['-A INPUT -p tcp -m tcp --dport 2222 -j ACCEPT', 'DROP', 'drop'],
    ['-A INPUT -s 192.0.2.0/24 -j ACCEPT', 'DROP', 'maybe'],
    ['-A INPUT -s 10.42.0.0/16 -j ACCEPT', 'DROP', 'drop'],
    [
      '-A INPUT -i lo -j ACCEPT\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
      'DROP',
      'drop',
    ],
    ['-A INPUT -m limit --limit 3/min -j ACCEPT', 'DROP', 'maybe'],
    ['-A INPUT -p tcp -j DROP', 'ACCEPT', 'drop'],
    ['-A INPUT -s 192.0.2.0/24 -j DROP', 'ACCEPT', 'maybe'],
    ['-A INPUT -j mine\n-A mine -p tcp -m tcp --dport 22 -j ACCEPT', 'DROP', 'accept'],
    ['-A INPUT -j mine\n-A mine -p tcp -j RETURN\n-A mine -j ACCEPT', 'DROP', 'drop'],
    ['-A INPUT -g mine\n-A INPUT -j ACCEPT\n-A mine -p udp -j ACCEPT', 'DROP', 'drop'],
    ['-A INPUT -j mine\n-A INPUT -j ACCEPT\n-A mine -p udp -j DROP', 'DROP', 'accept'],
    ['-A INPUT -j mine\n-A deeper -j ACCEPT\n-A mine -s 192.0.2.1/32 -j deeper', 'DROP', 'maybe'],
    ['-A INPUT -j mine\n-A mine -j mine', 'DROP', 'maybe'],
    ['-A INPUT -j NFQUEUE --queue-num 0', 'DROP', 'maybe'],
    ['-A INPUT -m mark --mark 0x20000/0x20000 -j ACCEPT', 'DROP', 'drop'],
    [
      '-A INPUT -s 192.0.2.1/32 -j mine\n-A INPUT -m mark --mark 0x1/0x1 -j ACCEPT\n-A mine -j MARK --set-xmark 0x1/0x1',
      'DROP',
      'maybe',
    ],
  ]
  for (const [rules, policy, wanted] of cases)
    t.equal(verdict(rules, policy, chains).verdict, wanted, `${policy}: ${rules}`)
  t.end()
})

t.test('other tables come first, and what they set or drop counts', (t) => {
  const mangle = (rules: string) =>
    `*mangle\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n${rules}\nCOMMIT\n${filter('-A INPUT -m mark --mark 0x7 -j ACCEPT')}`
  const of = (text: string) => walk(saved(text).tables, ssh).verdict
  t.equal(of(mangle('')), 'drop')
  t.equal(of(mangle('-A PREROUTING -s 192.0.2.1/32 -j MARK --set-xmark 0x7/0xffffffff')), 'maybe')
  t.equal(
    of(`*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -j DROP\nCOMMIT\n${filter('', 'ACCEPT')}`),
    'drop',
  )
  t.equal(
    of(
      `*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -m tcp --dport 22 -j REDIRECT --to-ports 2222\nCOMMIT\n${filter('', 'ACCEPT')}`,
    ),
    'maybe',
  )
  t.end()
})

t.test('real rule sets: nothing k3s or ufw write is in doubt', async (t) => {
  t.match(walk(saved(await printed('healthy')).tables, ssh), {
    verdict: 'accept',
    by: 'the policy of INPUT is ACCEPT',
  })
  const shut = await printed('ufw-default-deny')
  t.match(walk(saved(shut).tables, ssh), { verdict: 'drop', by: 'the policy of INPUT is DROP' })
  const allowed = shut.replace(
    '-A ufw-user-limit ',
    '-A ufw-user-input -p tcp -m tcp --dport 22 -j ACCEPT\n-A ufw-user-limit ',
  )
  t.match(walk(saved(allowed).tables, ssh), {
    verdict: 'accept',
    by: '-A ufw-user-input -p tcp -m tcp --dport 22 -j ACCEPT',
  })
  t.equal(walk(saved(await printed('ufw-default-deny', 'ip6tables-nft-save')).tables, ssh).verdict, 'drop')
})

t.test('a rule set made to be slow ends in time', (t) => {
  const depth = 25
  const names = Array.from({ length: depth }, (_, at) => `c${at}`)
  const rules = names.flatMap((name, at) =>
    Array.from({ length: 10 }, (_, mark) => [
      `-A ${name} -s 192.0.2.1/32 -j MARK --set-xmark 0x${(1 << mark).toString(16)}/0xffffffff`,
      `-A ${name} -s 192.0.2.${mark + 1}/32 -j c${at + 1}`,
    ]).flat(),
  )
  const text = filter(
    `-A INPUT -j c0\n${rules.join('\n')}`,
    'DROP',
    `${names.map((it) => `:${it} - [0:0]`).join('\n')}\n:c${depth} - [0:0]`,
  )
  const begun = performance.now()
  t.equal(walk(saved(text).tables, ssh).verdict, 'drop')
  t.ok(performance.now() - begun < 2000)
  t.end()
})

t.test('where it cannot be told, both what lets it in and what may not are named', (t) => {
  const ban = '-A INPUT -m set --match-set bans src -j DROP'
  const open = '-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT'
  t.match(walk(saved(filter(`${ban}\n${open}`)).tables, ssh), { verdict: 'maybe', by: open, unless: ban })
  const limited = '-A INPUT -m limit --limit 3/min -j ACCEPT'
  t.match(walk(saved(filter(limited)).tables, ssh), {
    verdict: 'maybe',
    by: limited,
    unless: 'the policy of INPUT is DROP',
  })
  t.end()
})

t.test('both backends must let it pass', (t) => {
  const of = (...its: ('accept' | 'drop' | 'maybe')[]) =>
    passBoth(its.map((it) => ({ verdict: it, port: 22, by: '' })))?.verdict
  t.equal(of('accept', 'drop'), 'drop')
  t.equal(of('maybe', 'accept'), 'maybe')
  t.equal(of('accept', 'accept'), 'accept')
  t.equal(of(), undefined)
  t.end()
})

t.test('a connection needs more than its first packet', (t) => {
  const way = (rules: string) => wayIn(saved(filter(rules)).tables, ssh)
  const first = '-A INPUT -p tcp -m conntrack --ctstate NEW -m tcp --dport 22 -j ACCEPT'
  t.match(way(first), { verdict: 'drop', by: 'the policy of INPUT is DROP' })
  t.match(way('-A INPUT -p tcp --syn -j ACCEPT'), { verdict: 'drop' })
  t.match(way('-A INPUT -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT'), { verdict: 'drop' })
  t.match(way(`-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n${first}`), {
    verdict: 'accept',
    by: first,
  })
  t.match(way('-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT'), { verdict: 'drop' })
  t.match(way(`-A INPUT -m conntrack --ctstate ESTABLISHED -m limit --limit 9/s -j ACCEPT\n${first}`), {
    verdict: 'maybe',
  })
  t.match(way('-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT'), { verdict: 'accept' })
  t.end()
})
