import t from 'tap'
import type { Blocked } from '../../../../collectors/firewall/checks/blocked.ts'
import { stepsFor } from '../../../../collectors/firewall/checks/blocks-steps.ts'
import type { FirewallSample } from '../../../../collectors/firewall/sample.ts'

const sample = {
  sets: [],
  networks: { pods: ['10.42.0.0/16'], services: ['10.43.0.0/16'] },
} as unknown as FirewallSample
const overlay = { need: 'overlay', port: 8472, udp: true, table: 'filter', peers: ['192.0.2.2'] } as const
const commands = (blocked: readonly Blocked[], more: object = {}) =>
  stepsFor({ ...sample, ...more }, blocked).map((it) => /`(.*)`$/.exec(it)?.[1] ?? it)
const one = (by: string, more: Partial<Blocked> = {}) => commands([{ ...overlay, by, ...more }])[0]

t.test('no rule is deleted: it may close other ports too, or this one to the internet', async (t) => {
  const rules: readonly (readonly [rule: string, more?: Partial<Blocked>])[] = [
    ['-A INPUT -p udp -m udp --dport 8472 -j DROP'],
    ['-A INPUT -p udp -m multiport --dports 22,8472 -j DROP'],
    ['-A INPUT -p tcp -m multiport --dports 2379,2380,8472,51820,51821,10250 -j DROP'],
    ['-A INPUT ! -i eth1 -p tcp -m multiport --dports 2379:2380 -j DROP', { need: 'etcd', port: 2380 }],
    ['-A INPUT -s 192.0.2.2/32 -p udp -m udp --dport 8472 -j DROP'],
    ['-A INPUT -p udp -m comment --comment "$(reboot)" --dport 8472 -j DROP'],
    [
      'rule "udp dport { 9, 8472 } drop" (handle 7) of inet mine in',
      { backend: 'native', table: 'inet mine' },
    ],
  ]
  for (const [by, more] of rules) {
    const steps = commands([{ ...overlay, base: 'INPUT', by, ...more }])
    t.match(
      steps[0],
      /^(?:iptables -I INPUT -s|nft insert rule inet mine INPUT ip saddr) 192\.0\.2\.2 .* (?:-j ACCEPT|accept)$/,
      by,
    )
    t.notMatch(steps.join('\n'), /-D |delete|flush|-F\b|reboot\b.*`/, by)
  }
})

t.test('the chain by which the packet comes, in the table that drops it', async (t) => {
  t.equal(
    one('-A mine -p udp -j DROP', { base: 'INPUT', backend: 'legacy' }),
    'iptables-legacy -I INPUT -s 192.0.2.2 -p udp --dport 8472 -j ACCEPT',
  )
  t.equal(
    one('-A PREROUTING -p udp -j DROP', {
      ...{ table: 'raw', base: 'PREROUTING', family: 'ipv6', peers: ['2001:db8::2'] },
    }),
    'ip6tables -t raw -I PREROUTING -s 2001:db8::2 -p udp --dport 8472 -j ACCEPT',
  )
})

t.test('before a rule that drops much else goes what k3s needs', async (t) => {
  const accept = 'iptables -I INPUT -s 192.0.2.2 -p udp --dport 8472 -j ACCEPT'
  t.equal(one('-A INPUT -j REJECT --reject-with icmp-host-prohibited'), accept)
  t.equal(one('the policy of INPUT is DROP'), accept)
  t.equal(one('-A INPUT -p udp -m udp --dport 84720 -j DROP'), accept, 'another port')
  t.equal(
    one('the policy of OUTPUT is DROP', { need: 'overlay-out' }),
    'iptables -I OUTPUT -d 192.0.2.2 -p udp --dport 8472 -j ACCEPT',
  )
  t.same(commands([{ need: 'pods-in', port: 53, by: 'the policy of FORWARD is DROP' }]).slice(0, 2), [
    'iptables -A FORWARD -s 10.42.0.0/16 -j ACCEPT',
    'iptables -A FORWARD -d 10.42.0.0/16 -j ACCEPT',
  ])
  const many = ['192.0.2.2', '192.0.2.3', '192.0.2.4', '192.0.2.5']
  t.equal(
    one('the policy of INPUT is DROP', { peers: many }),
    'iptables -I INPUT -s NODE -p udp --dport 8472 -j ACCEPT',
  )
})

t.test('each who filters has its own command', async (t) => {
  t.equal(
    one('-A ufw-before-input -p udp --dport 8472 -j DROP', { base: 'INPUT' }),
    'iptables -I INPUT -s 192.0.2.2 -p udp --dport 8472 -j ACCEPT',
    'before all that its commands add',
  )
  t.same(commands([{ ...overlay, by: '-A ufw-reject-input -j DROP' }]), [
    'ufw allow from 192.0.2.2 to any port 8472 proto udp',
    'ufw disable',
  ])
  t.equal(
    one('-A ufw-user-input -p udp --dport 8472 -j DROP'),
    'ufw prepend allow from 192.0.2.2 to any port 8472 proto udp',
    'what is allowed after a denial is never reached',
  )
  t.equal(
    one('-A ufw-reject-output -j DROP', { need: 'overlay-out' }),
    'ufw allow out to 192.0.2.2 port 8472 proto udp',
  )
  t.same(commands([{ need: 'pods-in', port: 53, by: '-A ufw-reject-forward -j REJECT' }]).slice(0, 2), [
    'ufw route allow from 10.42.0.0/16',
    'ufw route allow to 10.42.0.0/16',
  ])
  t.equal(one('-A f2b-all -s 192.0.2.2/32 -j REJECT'), 'fail2ban-client unban 192.0.2.2')
  const native = { backend: 'native', table: 'inet firewalld' } as const
  t.same(commands([{ ...overlay, by: 'reject', ...native }], { k3s: { unit: 'k3s-agent' } }), [
    'firewall-cmd --zone=trusted --add-source=192.0.2.2',
    'firewall-cmd --runtime-to-permanent',
    'systemctl disable --now firewalld; systemctl restart k3s-agent',
  ])
})

t.test('before what a table of nftables drops goes what k3s needs', async (t) => {
  const native = { backend: 'native', table: 'inet mine', base: 'in' } as const
  const rule = (text: string, more: Partial<Blocked> = {}) =>
    one(`rule "${text}" (handle 7) of inet mine other`, { ...native, ...more })
  const insert = 'nft insert rule inet mine in ip saddr 192.0.2.2 udp dport 8472 accept'
  t.equal(rule('udp dport 8472 drop'), insert)
  t.equal(rule('reject'), insert)
  t.equal(one('the policy of in is DROP', native), insert)
  t.same(
    commands([
      { need: 'pods-in', port: 53, by: 'the policy of through is DROP', ...native, base: 'through' },
    ]).slice(0, 2),
    [
      'nft insert rule inet mine through ip saddr 10.42.0.0/16 accept',
      'nft insert rule inet mine through ip daddr 10.42.0.0/16 accept',
    ],
  )
  const strange = one('rule "udp dport 8472 drop" (handle 7) of inet $(reboot) in', {
    ...native,
    table: 'inet $(reboot)',
  })
  t.match(strange, /^grep/, 'a name that a shell would expand is in no command')
})

t.test('each command once, and ufw as well where its rules are bypassed', async (t) => {
  const policy = 'the policy of INPUT is DROP'
  const blocked: Blocked[] = [
    { need: 'pods-api', port: 6443, by: policy },
    { need: 'pods-kubelet', port: 10_250, by: policy },
  ]
  const all = commands(blocked, { ufw: { enabled: true } })
  t.same(all.slice(0, 2), [
    'iptables -I INPUT -s 10.42.0.0/16 -j ACCEPT',
    'iptables -I INPUT -s 10.43.0.0/16 -j ACCEPT',
  ])
  t.match(all[2], /^grep -rslE /)
  t.match(all[3], /ufw reload$/)
  t.equal(all.length, 4)
})
