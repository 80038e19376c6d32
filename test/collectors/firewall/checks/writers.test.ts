import t from 'tap'
import type { Blocked } from '../../../../collectors/firewall/checks/blocked.ts'
import { isDenied, writerOf } from '../../../../collectors/firewall/checks/writers.ts'
import type { RuleSet } from '../../../../collectors/firewall/rule-set.ts'

const set = (cells: RuleSet['cells']) => ({ family: 'ipv4', cells }) as unknown as RuleSet
const writer = (by: string, cells: RuleSet['cells'] = {}, more: Partial<Blocked> = {}) =>
  writerOf({ need: 'overlay', port: 8472, by, ...more }, { sets: [set(cells)] })

t.test('by the chain that drops', async (t) => {
  t.equal(writer('-A INPUT -j DROP'), 'rule')
  t.equal(writer('-A mine -j DROP'), 'rule')
  t.equal(writer('-A KUBE-FIREWALL -j DROP'), 'rule')
  t.equal(writer('-A ufw-user-input -j DROP'), 'ufw')
  t.equal(writer('-A DOCKER-USER -j DROP'), 'docker')
  t.equal(writer('-A f2b-sshd -j REJECT'), 'fail2ban')
  t.equal(writer('a rule', {}, { backend: 'native', table: 'inet firewalld' }), 'firewalld')
  t.equal(writer('a rule', {}, { backend: 'native', table: 'inet mine' }), 'nftables')
})

t.test('a policy is of who filters by that chain', async (t) => {
  const [input, forward] = ['the policy of INPUT is DROP', 'the policy of FORWARD is DROP']
  const [ufw, docker] = [{ 'filter ufw': [60, 18] }, { 'filter docker': [9, 3] }] as const
  t.equal(writer(input), 'policy')
  t.equal(writer(input, ufw), 'ufw')
  t.equal(writer(input, { 'filter ufw': [18, 18] }), 'policy', 'its chains are empty')
  t.equal(writer(input, ufw, { family: 'ipv6' }), 'policy', 'ufw leaves IPv6 alone')
  t.equal(writer(forward, docker), 'docker')
  t.equal(writer(input, docker), 'policy', 'Docker sets FORWARD alone')
  t.equal(writer(forward, { ...ufw, ...docker }), 'ufw')
})

t.test('what it is', async (t) => {
  const it = { need: 'overlay', port: 8472 } as const
  t.ok(isDenied({ ...it, by: '-A ufw-user-input -j DROP' }))
  t.ok(isDenied({ ...it, by: '-A ufw6-user-forward -j DROP' }))
  t.notOk(isDenied({ ...it, by: '-A ufw-reject-input -j DROP' }))
})
