import t from 'tap'
import type { Family } from '../../../../collectors/firewall/cells.ts'
import type { Probe } from '../../../../collectors/firewall/packet/match.ts'
import { nativeTable, stationsOf } from '../../../../collectors/firewall/packet/native.ts'
import { follow, isTranslated, ofConnection } from '../../../../collectors/firewall/packet/walk.ts'
import { ssh } from '../look.ts'

const match = (left: unknown, right: unknown, op = '==') => ({ match: { op, left, right } })
const port = (it: number) => match({ payload: { protocol: 'tcp', field: 'dport' } }, it)
const state = (...all: string[]) => match({ ct: { key: 'state' } }, all, 'in')
const chain = (name: string, more: object = {}) => ({ chain: { name, ...more } })
const input = chain('in', { type: 'filter', hook: 'input', prio: 0, policy: 'accept' })
let handle = 0
const rule = (where: string, ...expr: readonly unknown[]) => {
  handle += 1
  return { rule: { chain: where, handle, expr } }
}
const made = (all: readonly unknown[], family: Family = 'ipv4') =>
  nativeTable({ nftables: all }, 'inet mine', family)
const walked = (all: readonly unknown[], probe: Probe = ssh) => {
  const it = made(all)
  if (!it) return 'not followed'
  return ofConnection(probe, (one) => follow(stationsOf([it], one), one))
}
const verdict = (...all: readonly unknown[]) => {
  const it = walked([input, ...all])
  return typeof it === 'string' ? it : it.verdict
}

t.test('accept ends its chain alone, and a drop is final', async (t) => {
  const later = chain('later', { type: 'filter', hook: 'input', prio: 10, policy: 'drop' })
  t.match(walked([input, later, rule('in', { accept: null })]), {
    verdict: 'drop',
    by: 'the policy of later is DROP',
    table: 'inet mine',
    base: 'later',
  })
  t.equal(verdict(rule('in', { drop: null })), 'drop')
  t.equal(verdict(), 'accept')
  t.equal(verdict(rule('in', { limit: { rate: 1 } }, { drop: null })), 'maybe')
})

t.test('jumps and what comes back from them', async (t) => {
  const own = chain('own')
  const to = (kind: string) => rule('in', { [kind]: { target: 'own' } })
  const drop = rule('in', { drop: null })
  t.equal(verdict(own, to('jump'), drop, rule('own', port(22), { accept: null })), 'accept')
  t.equal(
    verdict(own, to('jump'), drop, rule('own', { return: null }), rule('own', { accept: null })),
    'drop',
  )
  t.equal(verdict(own, to('goto'), drop), 'accept', 'the policy')
})

t.test(
  'the rule that drops is named, with its handle and without what a message could not hold',
  async (t) => {
    const found = walked([input, rule('in', port(22), { counter: { packets: 1 } }, { reject: null })])
    t.match(found, { by: `rule "tcp dport 22 reject" (handle ${handle}) of inet mine in` })
    const strange = walked(
      [input, rule('in', match({ meta: { key: 'iifname' } }, '`x"', '!='), { drop: null })],
      { ...ssh, on: 'eth0' },
    )
    t.match(strange, { by: /^rule "iifname != \?x\? drop" / })
  },
)

t.test('verdict maps, with and without a name', async (t) => {
  const key = { ct: { key: 'state' } }
  const data = {
    set: [
      ['new', { drop: null }],
      ['established', { accept: null }],
    ],
  }
  t.equal(verdict(rule('in', { vmap: { key, data } })), 'drop')
  const named = { map: { name: 'ports', elem: [[22, { jump: { target: 'own' } }]] } }
  const vmap = { vmap: { key: { payload: { protocol: 'tcp', field: 'dport' } }, data: '@ports' } }
  t.equal(verdict(named, chain('own'), rule('in', vmap), rule('own', { drop: null })), 'drop')
  t.equal(verdict(rule('in', vmap)), 'maybe', 'a map that is not there')
})

t.test('later packets have to pass as well', async (t) => {
  t.equal(verdict(rule('in', state('new'), { accept: null }), rule('in', { drop: null })), 'drop')
  t.equal(verdict(rule('in', state('established'), { accept: null }), rule('in', { drop: null })), 'drop')
  t.equal(
    verdict(rule('in', state('new', 'established'), { accept: null }), rule('in', { drop: null })),
    'accept',
  )
})

t.test(
  'what is not followed: other devices, untracked packets, xtables; what it asks is doubt',
  async (t) => {
    t.equal(verdict(chain('x', { type: 'filter', hook: 'ingress', prio: 0 })), 'not followed')
    for (const kind of ['notrack', 'tproxy', 'xt'])
      t.equal(verdict(rule('in', { [kind]: null })), 'not followed')
    for (const kind of ['queue', 'synproxy', 'what is that'])
      t.equal(verdict(rule('in', { [kind]: null }), rule('in', { drop: null })), 'maybe', kind)
    const many = Array.from({ length: 20_001 }, () => rule('in', { accept: null }))
    t.equal(verdict(...many), 'not followed')
  },
)

t.test('sets that packets write are not known', async (t) => {
  const seen = (flags?: string) => ({ set: { name: 'seen', ...(flags && { flags: [flags] }), elem: [22] } })
  const asks = match({ payload: { protocol: 'tcp', field: 'dport' } }, '@seen')
  t.equal(verdict(seen(), rule('in', asks, { drop: null })), 'drop')
  t.equal(verdict(seen('timeout'), rule('in', asks, { drop: null })), 'drop')
  t.equal(verdict(seen('dynamic'), rule('in', asks, { drop: null })), 'maybe')
  const large = { set: { name: 'seen', elem: Array.from({ length: 5001 }, (_, at) => at) } }
  t.equal(verdict(large, rule('in', asks, { drop: null })), 'maybe', 'too many to ask')
})

t.test('marks, and other destinations', async (t) => {
  const set = { mangle: { key: { meta: { key: 'mark' } }, value: 1 } }
  t.equal(made([input, rule('in', set)])?.marks, true)
  t.equal(made([input, rule('in', { accept: null })])?.marks, false)
  const nat = chain('pre', { type: 'nat', hook: 'prerouting', prio: -100 })
  const it = made([nat, rule('pre', port(22), { dnat: { addr: '10.42.0.7' } })])
  t.equal(it && isTranslated(stationsOf([it], ssh), ssh), 'maybe')
  const other = made([nat, rule('pre', port(80), { dnat: { addr: '10.42.0.7' } })])
  t.equal(other && isTranslated(stationsOf([other], ssh), ssh), 'no')
})

t.test('only the hooks that a packet passes', async (t) => {
  const drops = (hook: string) => [chain('x', { type: 'filter', hook, prio: 0, policy: 'drop' })]
  const way = (hook: string, of?: 'forward' | 'out') => {
    const it = walked(drops(hook), { ...ssh, ...(of && { way: of }) })
    return typeof it === 'string' ? it : it.verdict
  }
  t.same([way('input'), way('input', 'forward'), way('input', 'out')], ['drop', 'accept', 'accept'])
  t.same([way('forward'), way('forward', 'forward'), way('forward', 'out')], ['accept', 'drop', 'accept'])
  t.same([way('output'), way('output', 'out'), way('postrouting', 'out')], ['accept', 'drop', 'drop'])
  t.equal(way('prerouting'), 'drop')
})

t.test('any JSON is taken', async (t) => {
  for (const it of [
    undefined,
    null,
    1,
    'x',
    [],
    {},
    { nftables: 7 },
    { nftables: [null, 1, { rule: 1 }, { rule: { expr: [null, 1] } }] },
  ])
    t.doesNotThrow(() => nativeTable(it, 'inet mine', 'ipv4'), JSON.stringify(it))
})

t.test('a set that many rules name is held for as many as there is room for', async (t) => {
  const elem = Array.from({ length: 5000 }, (_, at) => `198.18.${at >> 8}.${at & 255}`)
  const named = match({ payload: { protocol: 'ip', field: 'saddr' } }, '@bad')
  const begun = performance.now()
  const it = made([
    { set: { name: 'bad', type: 'ipv4_addr', elem } },
    input,
    ...Array.from({ length: 2000 }, () => rule('in', named, { drop: null })),
  ])
  // Without a bound 36 s and 2.8 GB.
  t.ok(performance.now() - begun < 10_000)
  const [first, last] = [0, -1].map((at) => it?.table.chains.get('in')?.at(at))
  const from = { ...ssh, from: [{ bits: 32 as const, words: [(203 << 24) | 1], prefix: 32 }] }
  t.equal(first?.conditions[0]?.(from, 0), 'no')
  t.equal(last?.conditions[0]?.(from, 0), 'maybe', 'not known')
})
