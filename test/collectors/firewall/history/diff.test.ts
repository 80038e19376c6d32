import t from 'tap'
import { collect } from '../../../../collectors/firewall/collect.ts'
import { rulesWhole } from '../../../../collectors/firewall/dump/whole.ts'
import { diffRules } from '../../../../collectors/firewall/history/diff.ts'
import { type KeptRules, unpackRules } from '../../../../collectors/firewall/history/kept-rules.ts'
import { node } from '../look.ts'

const whole = async (state: string) => {
  const sample = await collect(node(state), { heard: [] })
  return unpackRules((await rulesWhole(node(state), sample.sets)) ?? new Uint8Array())
}
const ipv4 = (...lines: readonly string[]): KeptRules => ({ part: 'ipv4 nft', lines })
const filter = (...lines: readonly string[]) =>
  ipv4('*filter', ':INPUT ACCEPT [0:0]', ':mine - [0:0]', ...lines, 'COMMIT')
const diff = (before: readonly KeptRules[], after: readonly KeptRules[]) => diffRules(before, after, [])

t.test('the difference between recorded nodes, by owner', async (t) => {
  const found = diffRules(await whole('healthy'), await whole('ufw-default-deny'), ['10.42.0.0/16'])
  t.same(
    found.map((it) => `${it.owner} ${it.place} -${it.went.length} +${it.came.length}`),
    [
      'other ipv4 nft filter -2 +2',
      'other ipv6 nft filter -2 +2',
      'ufw ipv4 nft filter -0 +65',
      'ufw ipv6 nft filter -0 +103',
    ],
  )
  t.same(found[0]?.came, ['-P INPUT DROP', '-P FORWARD DROP'])
  t.same(
    diffRules(await whole('healthy'), await whole('healthy'), []),
    [],
    'counters and dates are no difference',
  )
  const copies = diffRules(await whole('healthy'), await whole('duplicates'), ['10.42.0.0/16'])
  t.equal(copies.find((it) => it.owner === 'kube-router')?.came.length, 40, 'each copy counts')
})

t.test('each rule as often as it stands there, and its place in the order does not count', async (t) => {
  const [a, b] = ['-A INPUT -j mine', '-A mine -p tcp -j DROP']
  t.strictSame(diff([filter(a, b)], [filter(b, a)]), [])
  t.strictSame(diff([filter(a, a, a, b)], [filter(a, b)]), [
    { owner: 'other', place: 'ipv4 nft filter', went: [a, a], came: [] },
  ])
})

t.test('a policy is a rule; a chain of somebody’s own has none', async (t) => {
  const shut = ipv4('*filter', ':INPUT DROP [7:420]', ':mine - [0:0]', 'COMMIT')
  t.strictSame(diff([filter()], [shut]), [
    { owner: 'other', place: 'ipv4 nft filter', went: ['-P INPUT ACCEPT'], came: ['-P INPUT DROP'] },
  ])
  t.strictSame(diff([filter()], [ipv4('*filter', ':INPUT ACCEPT [0:0]', ':yours - [0:0]', 'COMMIT')]), [])
})

t.test('what is built into one table may be a chain of somebody’s own in another', async (t) => {
  const nat = ipv4(
    '*filter',
    ':FORWARD ACCEPT [0:0]',
    'COMMIT',
    '*nat',
    ':FORWARD - [0:0]',
    '-A FORWARD -j KUBE-SERVICES',
  )
  const [came] = diff([ipv4('*filter', ':FORWARD ACCEPT [0:0]')], [nat])
  t.match(came, { owner: 'other', place: 'ipv4 nft nat' })
})

t.test('tables apart, native ones by their name; sets of addresses are no rules', async (t) => {
  const rule = '-A INPUT -j DROP'
  const nat = ipv4('*nat', ':INPUT ACCEPT [0:0]', rule, 'COMMIT')
  t.strictSame(
    diff([filter(rule)], [filter(), nat]).map((it) => [it.place, it.went.length, it.came.length]),
    [
      ['ipv4 nft filter', 1, 0],
      ['ipv4 nft nat', 0, 2],
    ],
  )
  const native = (...rules: readonly string[]): KeptRules => ({
    part: 'ip kube-proxy',
    lines: ['table ip kube-proxy {', '\tchain services {', ...rules.map((it) => `\t\t${it}`), '\t}', '}'],
  })
  t.strictSame(diff([native('drop')], [native('accept')]), [
    { owner: 'kube-proxy', place: 'ip kube-proxy', went: ['drop'], came: ['accept'] },
  ])
  t.strictSame(diff([], [{ part: 'ipset', lines: ['add banned 192.0.2.1'] }]), [])
})

t.test('what people did comes first, what Kubernetes does last', async (t) => {
  const all = filter(
    '-A KUBE-SERVICES -j ACCEPT',
    '-A f2b-sshd -j DROP',
    '-A ufw-user-input -j ACCEPT',
    '-A INPUT -p tcp -j DROP',
    '-A KUBE-ROUTER-INPUT -j ACCEPT',
  )
  t.strictSame(
    diff([filter()], [all]).map((it) => it.owner),
    ['other', 'ufw', 'fail2ban', 'kube-proxy', 'kube-router'],
  )
})
