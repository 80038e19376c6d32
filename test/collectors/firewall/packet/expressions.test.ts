import t from 'tap'
import type { Family } from '../../../../collectors/firewall/cells.ts'
import { expressed } from '../../../../collectors/firewall/packet/expressions.ts'
import type { Probe } from '../../../../collectors/firewall/packet/match.ts'
import { network } from '../../../../collectors/firewall/packet/networks.ts'
import { ssh } from '../look.ts'

const net = (text: string) => {
  const it = network(text)
  if (!it) throw new Error(text)
  return it
}
const from = (source: string): Probe => ({ ...ssh, from: [net(source)], to: [net('192.0.2.1')], on: 'eth0' })
const sets: Readonly<Record<string, readonly unknown[]>> = {
  friends: [{ prefix: { addr: '192.0.2.0', len: 24 } }],
}
const asked = (left: unknown, right: unknown, op = '==', probe: Probe = ssh, family: Family = 'ipv4') =>
  expressed(left, op, right, family, (name) => sets[name]).holds(probe, 0)
const payload = (protocol: string, field: string) => ({ payload: { protocol, field } })
const meta = (key: string) => ({ meta: { key } })
const ct = (key: string) => ({ ct: { key } })

t.test('ports, of the protocol that the packet has', async (t) => {
  const tcp = payload('tcp', 'dport')
  t.equal(asked(tcp, 22), 'yes')
  t.equal(asked(tcp, 80), 'no')
  t.equal(asked(tcp, 80, '!='), 'yes')
  t.equal(asked(tcp, { range: [20, 30] }), 'yes')
  t.equal(asked(tcp, { set: [80, { range: [20, 30] }] }), 'yes')
  t.equal(asked(tcp, { set: [{ elem: { val: 22, expires: 9 } }] }), 'yes')
  t.equal(asked(payload('udp', 'dport'), 80, '!='), 'no', 'it is no UDP')
  t.equal(asked(payload('th', 'dport'), 22), 'yes')
  t.equal(asked(payload('tcp', 'sport'), 22), 'maybe')
  t.equal(asked(tcp, 'ssh'), 'maybe', 'a name')
  t.equal(asked(tcp, 30, '<'), 'maybe')
  t.equal(asked(payload('icmp', 'type'), 'echo-request', '!='), 'no')
})

t.test('addresses, of the family that the packet has', async (t) => {
  const source = payload('ip', 'saddr')
  const own = { prefix: { addr: '192.0.2.0', len: 24 } }
  t.equal(asked(source, own), 'maybe', 'from anywhere')
  t.equal(asked(source, own, '==', from('192.0.2.7')), 'yes')
  t.equal(asked(source, '192.0.2.7', '!=', from('192.0.2.7')), 'no')
  t.equal(asked(source, { range: ['192.0.2.5', '192.0.2.9'] }, '==', from('192.0.2.7')), 'yes')
  t.equal(asked(source, { set: ['198.51.100.1', own] }, '==', from('192.0.2.7')), 'yes')
  t.equal(asked(source, '@friends', '==', from('192.0.2.7')), 'yes')
  t.equal(asked(source, '@friends', '==', from('198.51.100.7')), 'no')
  t.equal(asked(source, '@nobody', '==', from('192.0.2.7')), 'maybe')
  t.equal(asked(source, '192.0.2.7', '!=', from('2001:db8::7'), 'ipv6'), 'no', 'it has no such address')
  t.equal(asked(payload('ip6', 'saddr'), '2001:db8::7', '==', from('2001:db8::7'), 'ipv6'), 'yes')
  t.equal(asked(payload('ip', 'daddr'), '192.0.2.1', '==', from('192.0.2.7')), 'yes')
  const { names } = expressed(source, '==', { set: [own, '192.0.2.9'] }, 'ipv4', () => undefined)
  t.same(names?.from, ['192.0.2.0/24', '192.0.2.9'])
})

t.test('interfaces', async (t) => {
  t.equal(asked(meta('iifname'), 'lo'), 'no')
  t.equal(asked(meta('iifname'), 'eth0'), 'maybe')
  t.equal(asked(meta('iifname'), 'eth*', '==', from('192.0.2.7')), 'yes')
  t.equal(asked(meta('iif'), 'eth1', '!=', from('192.0.2.7')), 'yes')
  t.equal(asked(meta('oifname'), 'eth0'), 'no', 'it goes nowhere else')
  const forwarded: Probe = { ...from('10.42.1.7'), way: 'forward', off: 'cni0' }
  t.equal(asked(meta('oifname'), 'cni0', '==', forwarded), 'yes')
  t.equal(asked(meta('iifname'), 'cni0', '==', { ...ssh, way: 'out' }), 'no')
})

t.test('what conntrack knows', async (t) => {
  const later: Probe = { ...ssh, established: true }
  t.equal(asked(ct('state'), ['established', 'related'], 'in', later), 'yes')
  t.equal(asked(ct('state'), { set: ['established', 'related'] }), 'no')
  t.equal(asked(ct('state'), 'new'), 'yes')
  t.equal(asked(ct('state'), 'new', '!=', later), 'yes')
  t.equal(asked(ct('state'), 'invalid', 'in'), 'no')
  t.equal(asked(ct('state'), 'untracked'), 'maybe')
  t.equal(asked(ct('status'), 'dnat', 'in'), 'maybe', 'not known')
  t.equal(asked(ct('status'), 'dnat', 'in', { ...ssh, dnat: 'no' }), 'no')
  t.equal(asked(ct('status'), 'dnat', 'in', { ...ssh, dnat: 'yes' }), 'yes')
  t.equal(asked(ct('mark'), 1), 'maybe')
  t.equal(asked({ ct: { key: 'saddr', dir: 'original' } }, '192.0.2.7'), 'maybe')
})

t.test('protocols, types, the way back', async (t) => {
  t.equal(asked(meta('l4proto'), { set: ['tcp', 'udp'] }), 'yes')
  t.equal(asked(meta('l4proto'), { set: ['icmp', 'ipv6-icmp'] }), 'no')
  t.equal(asked(meta('nfproto'), 'ipv4'), 'yes')
  t.equal(asked(meta('nfproto'), 'ipv4', '!=', ssh, 'ipv6'), 'yes')
  t.equal(asked(payload('ip', 'protocol'), 'tcp'), 'yes')
  t.equal(asked(meta('pkttype'), 'host'), 'yes')
  t.equal(asked(meta('mark'), 1), 'maybe')
  t.equal(asked({ fib: { result: 'type', flags: 'daddr' } }, 'local'), 'yes')
  t.equal(asked({ fib: { result: 'oif', flags: ['saddr', 'mark', 'iif'] } }, false), 'no')
  t.equal(asked({ fib: { result: 'oif', flags: ['daddr'] } }, false), 'maybe')
  t.equal(asked({ socket: { key: 'transparent' } }, 1), 'maybe')
  t.equal(asked(undefined, undefined), 'maybe')
})

t.test('several together', async (t) => {
  const both = { concat: [payload('ip', 'saddr'), payload('tcp', 'dport')] }
  const is = (address: string, port: number, op = '==') =>
    asked(both, { set: [{ concat: [address, port] }] }, op, from('192.0.2.7'))
  t.equal(is('192.0.2.7', 22), 'yes')
  t.equal(is('192.0.2.7', 80), 'no')
  t.equal(is('192.0.2.8', 22, '!='), 'yes')
  t.equal(asked(both, { set: [{ concat: ['192.0.2.7'] }] }), 'maybe')
})

t.test('flags of TCP', async (t) => {
  const flags = { '&': [payload('tcp', 'flags'), { '|': ['fin', { '|': ['syn', 'ack'] }] }] }
  t.equal(asked(flags, 'syn'), 'yes')
  t.equal(asked(flags, 'syn', '!='), 'no')
  t.equal(asked(flags, 'syn', '==', { ...ssh, established: true }), 'no')
  t.equal(asked(flags, 'syn', '!=', { ...ssh, protocol: 'udp' }), 'no')
  t.equal(
    asked({ '&': [payload('tcp', 'flags'), ['psh', 'ack']] }, 'ack', '==', { ...ssh, established: true }),
    'maybe',
  )
})
