import t from 'tap'
import { fieldsOf, keyOf, one } from '../../../../collectors/firewall/packet/keys.ts'
import { ssh } from '../look.ts'

const key = (left: unknown, family: 'ipv4' | 'ipv6' = 'ipv4') => {
  const it = keyOf(left, family)
  return it === 'never' ? undefined : it
}
const payload = (protocol: string, field: string) => ({ payload: { protocol, field } })

t.test('what is known, what no such packet has, and what is neither', async (t) => {
  t.equal(key(payload('tcp', 'dport'))?.test(22)?.(ssh), 'yes')
  t.equal(key(payload('tcp', 'dport'))?.there?.({ ...ssh, protocol: 'udp' }), false)
  t.equal(keyOf(payload('icmp', 'type'), 'ipv4'), 'never')
  t.equal(keyOf(payload('ip6', 'saddr'), 'ipv4'), 'never')
  t.equal(keyOf(payload('ip', 'saddr'), 'ipv6'), 'never')
  for (const it of [payload('ether', 'saddr'), { meta: { key: 'skuid' } }, { osf: {} }, {}, null, 7])
    t.equal(keyOf(it, 'ipv4'), undefined, JSON.stringify(it))
})

t.test('what a value names, in the words of the rule', async (t) => {
  const source = key(payload('ip', 'saddr'))
  t.same(source?.names?.('192.0.2.1'), { from: ['192.0.2.1'] })
  t.same(source?.names?.({ prefix: { addr: '192.0.2.0', len: 24 } }), { from: ['192.0.2.0/24'] })
  t.same(source?.names?.({ range: ['192.0.2.2', '192.0.2.4'] }), { from: ['192.0.2.2/31', '192.0.2.4/32'] })
  t.same(source?.names?.('nonsense'), { from: [] })
  t.same(key(payload('ip6', 'daddr'), 'ipv6')?.names?.({ range: ['2001:db8::', '2001:db8::1'] }), {
    to: ['2001:db8:0:0:0:0:0:0/127'],
  })
  t.same(key({ meta: { key: 'iifname' } })?.names?.('eth*'), { on: ['eth+'] })
  t.equal(key({ meta: { key: 'oifname' } })?.names, undefined)
})

t.test('a value that is none of its kind cannot be told', async (t) => {
  t.equal(key(payload('tcp', 'dport'))?.test('ssh'), undefined)
  t.equal(key(payload('tcp', 'dport'))?.test({ range: ['a', 'b'] }), undefined)
  t.equal(key(payload('ip', 'saddr'))?.test('a name'), undefined)
  t.equal(key({ fib: { result: 'oif', flags: ['saddr', 'iif'] } })?.test(true), undefined)
})

t.test('fields of any value, and words', async (t) => {
  t.same([fieldsOf(null), fieldsOf(7), fieldsOf({ a: 1 })], [{}, {}, { a: 1 }])
  t.same([one('a', 'b')('b'), one('a')('b'), one('7')(7)], [true, false, true])
})
