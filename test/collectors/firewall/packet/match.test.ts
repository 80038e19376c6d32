import t from 'tap'
import { condition, type Probe } from '../../../../collectors/firewall/packet/match.ts'
import { network } from '../../../../collectors/firewall/packet/networks.ts'
import { ssh } from '../look.ts'

const ask = (option: string, value: string, { not = false, marks = 0, probe = ssh as Probe } = {}) =>
  condition(option, value.split(' '), not)?.(probe, marks)

t.test('a new connection to SSH from outside', (t) => {
  const cases: readonly [string, string, string, string][] = [
    // option, value, verdict, verdict of `! option`
    ['-i', 'lo', 'no', 'yes'],
    ['-i', 'eth0', 'maybe', 'maybe'],
    ['-i', 'cali+', 'no', 'yes'],
    ['-i', '+', 'yes', 'no'],
    ['-s', '0.0.0.0/0', 'yes', 'no'],
    ['-s', '10.42.0.0/24', 'no', 'yes'],
    ['-s', '192.0.2.0/24', 'maybe', 'maybe'],
    ['-d', '10.43.0.1/32', 'no', 'yes'],
    ['-d', '224.0.0.251/32', 'no', 'yes'],
    ['-p', 'tcp', 'yes', 'no'],
    ['-p', 'udp', 'no', 'yes'],
    ['--dport', '22', 'yes', 'no'],
    ['--dport', '1:1024', 'yes', 'no'],
    ['--dport', '30000:32767', 'no', 'yes'],
    ['--dports', '80,443,20:25', 'yes', 'no'],
    ['--dports', '80,443', 'no', 'yes'],
    ['--ports', '22', 'yes', 'no'],
    ['--ports', '80', 'maybe', 'maybe'],
    ['--ctstate', 'RELATED,ESTABLISHED', 'no', 'yes'],
    ['--ctstate', 'NEW', 'yes', 'no'],
    ['--ctstate', 'INVALID', 'no', 'yes'],
    ['--ctstate', 'UNTRACKED', 'maybe', 'maybe'],
    ['--state', 'NEW,ESTABLISHED', 'yes', 'no'],
    ['--tcp-flags', 'FIN,SYN,RST,ACK SYN', 'yes', 'no'],
    ['--tcp-flags', 'FIN,SYN FIN', 'no', 'yes'],
    ['--tcp-flags', 'FIN,SYN,RST,PSH,ACK,URG NONE', 'no', 'yes'],
    ['--dst-type', 'LOCAL', 'yes', 'no'],
    ['--dst-type', 'BROADCAST', 'no', 'yes'],
    ['--src-type', 'LOCAL', 'no', 'yes'],
    ['--limit', '3/min', 'maybe', 'maybe'],
    ['--match-set', 'friends src', 'maybe', 'maybe'],
    ['--icmp-type', '8', 'maybe', 'maybe'],
    ['constructor', '', 'maybe', 'maybe'],
  ]
  for (const [option, value, yes, no] of cases) {
    t.equal(ask(option, value), yes, `${option} ${value}`)
    t.equal(ask(option, value, { not: true }), no, `! ${option} ${value}`)
  }
  t.end()
})

t.test('a mark can only be there if something has set it', (t) => {
  t.equal(ask('--mark', '0x20000/0x20000'), 'no')
  t.equal(ask('--mark', '0x20000/0x20000', { not: true }), 'yes')
  t.equal(ask('--mark', '0x20000/0x20000', { marks: 0x4000 }), 'no')
  t.equal(ask('--mark', '0x20000/0x20000', { marks: 0x24000 }), 'maybe')
  t.equal(ask('--mark', '0x0/0x8000', { marks: 0x4000 }), 'yes')
  t.equal(ask('--mark', '0x80000000/0x80000000', { marks: 0xffffffff }), 'maybe')
  t.equal(ask('--mark', 'nonsense'), 'maybe')
  t.end()
})

t.test('extensions that say nothing by themselves, and those that may', (t) => {
  t.equal(condition('-m', ['conntrack'], false), undefined)
  t.equal(condition('--comment', ['"x'], false), undefined)
  t.equal(ask('-m', 'quota'), 'maybe')
  t.end()
})

t.test('recent: one who has been quiet is on no list that counts, and may be on another', (t) => {
  const recent = (rule: string, not = false) => {
    const [option = '', ...rest] = rule.split(' ')
    return condition(option, rest, not)?.(ssh, 0)
  }
  t.equal(recent('--update --seconds 30 --hitcount 6 --name DEFAULT --rsource'), 'no')
  t.equal(recent('--update --seconds 30 --hitcount 6 --name DEFAULT --rsource', true), 'yes')
  t.equal(recent('--rcheck --seconds 30 --hitcount 1 --name KNOCKED --rsource'), 'maybe')
  t.equal(recent('--rcheck --seconds 30 --name KNOCKED --rsource'), 'maybe')
  t.equal(recent('--set --name DEFAULT --rsource'), 'yes')
  t.equal(condition('--seconds', ['30'], false), undefined)
  t.end()
})

t.test('from one place, to one address, on one interface', (t) => {
  const at = (from: string, to: string, on: string): Probe => {
    const [source, target] = [network(from), network(to)]
    return source && target ? { ...ssh, origin: { from: source, to: target, on } } : ssh
  }
  const probe = at('192.0.2.2/32', '192.0.2.1/32', 'eth0')
  const cases: readonly [string, string, string][] = [
    ['-s', '192.0.2.0/24', 'yes'],
    ['-s', '192.0.2.3/32', 'no'],
    ['-d', '192.0.2.1/32', 'yes'],
    ['-d', '192.0.2.2/32', 'no'],
    ['-i', 'eth+', 'yes'],
    ['-i', 'eth0', 'yes'],
    ['-i', 'eth1', 'no'],
    ['-i', 'lo', 'no'],
  ]
  for (const [option, value, wanted] of cases) {
    t.equal(ask(option, value, { probe }), wanted, `${option} ${value}`)
    t.equal(ask(option, value, { probe, not: true }), wanted === 'yes' ? 'no' : 'yes', `! ${option} ${value}`)
  }
  t.equal(ask('-i', 'eth0', { probe: at('0.0.0.0/0', '0.0.0.0/0', 'eth+') }), 'no')
  t.end()
})
