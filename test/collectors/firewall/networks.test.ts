import t from 'tap'
import { contains, network } from '../../../collectors/firewall/networks.ts'

const inside = (outer: string, inner: string) => {
  const [a, b] = [network(outer), network(inner)]
  return a && b ? contains(a, b) : undefined
}

t.test('reads what iptables prints', (t) => {
  t.same(network('10.42.0.0/16'), { bits: 32, address: 0x0a2a0000n, prefix: 16 })
  t.same(network('192.0.2.1'), { bits: 32, address: 0xc0000201n, prefix: 32 })
  t.equal(network('10.0.0.0/255.255.0.0')?.prefix, 16)
  t.equal(network('0.0.0.0/0')?.prefix, 0)
  t.equal(network('fe80::/10')?.address, 0xfe80n << 112n)
  t.equal(network('::ffff:192.0.2.1')?.address, 0xffffc0000201n)
  t.equal(network('2001:db8:0:0:0:0:0:1')?.address, (0x20010db8n << 96n) + 1n)
  t.end()
})

t.test('refuses what is none', (t) => {
  for (const text of [
    '',
    'eth0',
    '10.42/16',
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
  t.equal(inside('fd00::/8', 'fd12::1'), true)
  t.equal(inside('0.0.0.0/0', '::1'), false)
  t.end()
})
