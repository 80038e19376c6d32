import t from 'tap'
import { filter, printed, saved } from '../look.ts'

t.test('a healthy node in numbers', async (t) => {
  const { rules, cells, policies, kube, whole, version, hidden, names } = saved(await printed('healthy'))
  t.equal(rules, 91)
  t.same(cells, {
    'filter kube-router': [35, 3],
    'filter kube-proxy': [14, 8],
    'filter flannel': [2, 2],
    'nat kube-proxy': [27, 3],
    'nat cni': [9, 3],
    'nat flannel': [4, 4],
  })
  t.same(policies, {})
  t.equal(kube.length, 5)
  t.ok(whole)
  t.equal(version, 'v1.8.9 (nf_tables)')
  t.same(hidden, [])
  t.same(names, ['mangle', 'filter', 'nat'])
})

t.test('no rule of k3s or ufw is anybody else’s', async (t) => {
  for (const state of ['healthy', 'ufw-default-deny', 'duplicates', 'flush-535-4m', 'restart-after-flush'])
    t.notOk(
      Object.keys(saved(await printed(state)).cells).some((it) => it.endsWith(' other')),
      state,
    )
})

t.test('every rule is counted once', async (t) => {
  for (const state of ['healthy', 'duplicates', 'ufw-default-deny']) {
    const text = await printed(state)
    const { rules, cells, chains } = saved(text)
    t.equal(rules, text.match(/^-A /gm)?.length, state)
    t.equal(
      Object.values(cells).reduce((sum, [it]) => sum + it, 0),
      rules,
    )
    t.ok(chains.length <= 40)
  }
  t.same(saved(await printed('duplicates')).chains[0], ['filter KUBE-ROUTER-INPUT', 43])
  t.match(saved(await printed('ufw-default-deny')).policies, {
    'filter INPUT': 'DROP',
    'filter FORWARD': 'DROP',
  })
})

t.test('the hash knows rules and policies and not counters', (t) => {
  const of = (text: string) => saved(text).hash
  const rules = '-A INPUT -p tcp -j ACCEPT\n-A INPUT -p udp -j ACCEPT'
  t.equal(of(filter(rules)), of(filter(rules).replace('[0:0]', '[12:3456]')))
  t.not(of(filter(rules)), of(filter(rules, 'ACCEPT')))
  t.not(of(filter(rules)), of(filter(rules.split('\n').reverse().join('\n'))))
  t.match(of(''), /^[0-9a-f]{16}$/)
  t.end()
})

t.test('tables that only nft can print, and output that breaks off', (t) => {
  t.same(saved("# Table `filter' is incompatible, use 'nft' tool.").hidden, ['filter'])
  t.equal(saved(filter('').replace('COMMIT\n', '')).whole, false)
  t.equal(saved('').whole, true)
  t.equal(saved('Usage: x').strange, true)
  const broken = '-A INPUT -m comment --comment "a\nb" -j ACCEPT'
  t.match(saved(filter(broken)), { strange: false, whole: true }, 'a line break in a comment')
  t.end()
})

t.test('what is no iptables-save does no harm', (t) => {
  const text = [
    '-A INPUT before any table',
    ':',
    '*',
    ...Array.from({ length: 100 }, (_, at) => `*table${at}\n:INPUT ${'X'.repeat(9000)} [0:0]\n-A`),
    '-A ',
    '-A __proto__ -j __proto__',
    '\0\x1b[31m',
  ].join('\n')
  const { names, rules } = saved(text)
  t.ok(names.length <= 16)
  t.ok(rules <= 100)
  t.end()
})
