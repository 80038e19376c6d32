import t from 'tap'
import { contains, network, networksOf } from '../../../../collectors/firewall/packet/networks.ts'

const inside = (outer: string, inner: string) => {
  const [a, b] = [network(outer), network(inner)]
  return a && b ? contains(a, b) : undefined
}

t.test('reads what iptables prints', (t) => {
  t.same(network('10.42.0.0/16'), { bits: 32, words: [0x0a2a0000], prefix: 16 })
  t.same(network('192.0.2.1'), { bits: 32, words: [0xc0000201], prefix: 32 })
  t.equal(network('10.0.0.0/255.255.0.0')?.prefix, 16)
  t.equal(network('0.0.0.0/0')?.prefix, 0)
  t.same(network('fe80::/10')?.words, [0xfe800000, 0, 0, 0])
  t.same(network('::ffff:192.0.2.1')?.words, [0, 0, 0xffff, 0xc0000201])
  t.same(network('2001:db8:0:0:0:0:0:1')?.words, [0x20010db8, 0, 0, 1])
  t.equal(network('fd00::/ffff:ff00::')?.prefix, 24)
  t.end()
})

t.test('refuses what is none', (t) => {
  for (const text of [
    '',
    'eth0',
    '10.42/16',
    '10.42..1',
    '10.42.0.1.',
    '1.2.3.4.5',
    '1.2.3.4/',
    '1.2.3.4/8/8',
    '300.1.1.1',
    '10.0.0.0/33',
    '10.0.0.0/255.0.255.0',
    '1::2::3',
    ':::',
    '1:2:3',
    'g::1',
  ])
    t.equal(network(text), undefined, text)
  t.end()
})

t.test('knows what lies in what', (t) => {
  t.equal(inside('10.42.0.0/16', '10.42.3.4/32'), true)
  t.equal(inside('10.42.0.0/16', '10.0.0.0/8'), false)
  t.equal(inside('10.42.0.0/16', '10.43.0.0/24'), false)
  t.equal(inside('0.0.0.0/0', '255.0.0.1'), true)
  t.equal(inside('128.0.0.0/1', '255.0.0.1'), true)
  t.equal(inside('255.255.255.255/32', '255.255.255.255/32'), true)
  t.equal(inside('fd00::/8', 'fd12::1'), true)
  t.equal(inside('fd00:0:0:1::/64', 'fd00:0:0:1::1'), true)
  t.equal(inside('fd00:0:0:1::/64', 'fd00:0:0:2::1'), false)
  t.equal(inside('0.0.0.0/0', '::1'), false)
  t.end()
})

t.test('a range of addresses is made of networks', async (t) => {
  const made = (from: string, to: string) =>
    networksOf(from, to).map((it) => `${it.words.join('.')}/${it.prefix}`)
  const at = (text: string) => network(text)?.words.join('.')
  t.same(made('192.0.2.0', '192.0.2.255'), [`${at('192.0.2.0')}/24`])
  t.same(made('192.0.2.1', '192.0.2.4'), [
    `${at('192.0.2.1')}/32`,
    `${at('192.0.2.2')}/31`,
    `${at('192.0.2.4')}/32`,
  ])
  t.same(made('0.0.0.0', '255.255.255.255'), ['0/0'])
  t.same(made('2001:db8::', '2001:db8::ffff'), [`${at('2001:db8::')}/112`])
  t.same(made('::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'), ['0.0.0.0/0'])
  t.same(made('192.0.2.2', '192.0.2.1'), [])
  t.same(made('192.0.2.2', '2001:db8::'), [])
  t.ok(networksOf('0.0.0.1', '255.255.255.254').length <= 62)
})
