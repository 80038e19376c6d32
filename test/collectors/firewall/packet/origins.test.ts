import t from 'tap'
import { inputVerdict } from '../../../../collectors/firewall/checks/verdicts.ts'
import type { Probe } from '../../../../collectors/firewall/packet/match.ts'
import { network } from '../../../../collectors/firewall/packet/networks.ts'
import { limits } from '../../../../collectors/firewall/packet/origins.ts'
import { filter, printed, saved, ssh } from '../look.ts'

const alone = { followed: [], deciding: [] }
const verdict = (rules: string, policy = 'DROP', probe: Probe = ssh) => {
  const { tables } = saved(filter(rules, policy), [probe])
  const it = inputVerdict(
    [{ set: { backend: 'nft' } as never, tables, forwards: [], names: [] }],
    [probe],
    alone,
    'ipv4',
  )
  return (
    it &&
    [
      it.verdict,
      ...(it.only ? ['only', ...it.only] : []),
      ...(it.except ? ['except', ...it.except] : []),
    ].join(', ')
  )
}
const accept = (match: string) => `-A INPUT ${match} -p tcp -m tcp --dport 22 -j ACCEPT`
const drop = (match: string) => accept(match).replace('ACCEPT', 'DROP')

t.test('what depends on the place alone is told place by place', (t) => {
  const cases: readonly [rules: string, policy: string, wanted: string][] = [
    [accept('-s 192.0.2.0/24'), 'DROP', 'accept, only, from 192.0.2.0/24'],
    [drop('-s 192.0.2.0/24'), 'ACCEPT', 'accept, except, from 192.0.2.0/24'],
    [accept('! -s 192.0.2.0/24'), 'DROP', 'accept, except, from 192.0.2.0/24'],
    [`${drop('-s 192.0.2.7/32')}\n${accept('-s 192.0.2.0/24')}`, 'DROP', 'accept, only, from 192.0.2.0/24'],
    [accept('-d 192.0.2.1/32'), 'DROP', 'accept, only, to 192.0.2.1/32'],
    [accept('-i eth1'), 'DROP', 'accept, only, on eth1'],
    [`${accept('-i eth+')}\n${drop('-i eth1')}`, 'DROP', 'accept, only, on eth+, on eth1'],
    [accept('-s 192.0.2.0/24 -i eth1'), 'DROP', 'accept, only, from 192.0.2.0/24 on eth1'],
    // Where nobody is, nobody is let in.
    [accept('-d 224.0.0.0/8'), 'DROP', 'drop'],
    [accept('-d 255.255.255.255/32'), 'DROP', 'drop'],
    [accept('-s 0.0.0.0/32'), 'DROP', 'drop'],
    [accept('-i br-0123456789ab'), 'DROP', 'drop'],
    // Every place is shut, or open, each by a rule of its own.
    [`${drop('-s 0.0.0.0/1')}\n${drop('-s 128.0.0.0/1')}`, 'ACCEPT', 'drop'],
    [`${accept('-s 0.0.0.0/1')}\n${accept('-s 128.0.0.0/1')}`, 'DROP', 'accept'],
    [`${accept('-s 10.42.0.0/16')}\n${accept('-s 192.0.2.0/24 -m ttl --ttl-eq 9')}`, 'DROP', 'maybe'],
  ]
  for (const [rules, policy, wanted] of cases) t.equal(verdict(rules, policy), wanted, `${policy}: ${rules}`)
  t.end()
})

t.test('pods and loopback are no places to come from', (t) => {
  t.equal(verdict(`${drop('-s 10.42.7.0/24')}\n${accept('-s 192.0.2.0/24 -i lo')}`, 'DROP'), 'drop')
  const inside = ['0.0.0.0/1', '127.0.0.0/8', '224.0.0.0/4'].map(network).filter((it) => it !== undefined)
  t.equal(verdict(`${drop('-s 128.0.0.0/1')}\n${drop('-i eth0')}`, 'ACCEPT', { ...ssh, inside }), 'drop')
  t.end()
})

t.test('IPv6', (t) => {
  const inside = ['fd42::/48', '::1/128', 'ff00::/8'].map(network).filter((it) => it !== undefined)
  t.equal(verdict(accept('-s 2001:db8::/32'), 'DROP', { ...ssh, inside }), 'accept, only, from 2001:db8::/32')
  t.end()
})

t.test('many places are named in part, and too many are not told apart', (t) => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, at) => drop(`-s 198.51.${100 + (at >> 8)}.${at & 255}/32`)).join('\n')
  t.equal(
    verdict(many(7), 'ACCEPT'),
    `accept, except, ${[0, 1, 2, 3, 4].map((it) => `from 198.51.100.${it}/32`).join(', ')}, 2 more`,
  )
  t.match(verdict(many(900), 'ACCEPT'), /^accept, except, .* 895 more$/, 'as long as a ban list may be')
  t.equal(verdict(many(1100), 'ACCEPT'), 'maybe')
  t.end()
})

t.test("ufw's limit", async (t) => {
  const shut = await printed('ufw-default-deny')
  const { tables } = saved(
    shut.replace(
      '-A ufw-user-limit ',
      `-A ufw-user-input -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -m recent --set --name DEFAULT --mask 255.255.255.255 --rsource
-A ufw-user-input -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -m recent --update --seconds 30 --hitcount 6 --name DEFAULT --mask 255.255.255.255 --rsource -j ufw-user-limit
-A ufw-user-input -p tcp -m tcp --dport 22 -j ufw-user-limit-accept
-A ufw-user-limit `,
    ),
  )
  const read = [{ set: { backend: 'nft' } as never, tables, forwards: [], names: [] }]
  t.match(inputVerdict(read, [ssh], alone, 'ipv4'), { verdict: 'accept' })
})

t.test('in words', (t) => {
  t.equal(limits({ only: ['from 192.0.2.0/24', 'on eth1'] }), ' from 192.0.2.0/24, on eth1 alone')
  t.equal(limits({ except: ['from 192.0.2.0/24'] }), ', but not from 192.0.2.0/24')
  t.equal(limits({}), '')
  t.end()
})
