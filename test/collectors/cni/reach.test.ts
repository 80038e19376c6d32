import t from 'tap'
import { due, inDoubt, mostAsked, reachable, remembered } from '../../../collectors/cni/reach.ts'
import type { CniSample, Reach } from '../../../collectors/cni/sample.ts'
import { sampleOf, withLink } from './node.ts'

const second = 1_000
const node = await sampleOf('two-nodes-healthy-node1')
const [peer] = reachable(node)

t.test('whoever is behind a VXLAN device that is up, and lacks nothing', async (t) => {
  t.match(reachable(node), [{ dev: 'flannel.1', mtu: 1450 }])
  t.same(reachable(withLink(node, 'flannel.1', null)), [])
  t.same(reachable(withLink(node, 'flannel.1', { up: false })), [])
  t.same(reachable(withLink(node, 'flannel.1', { kind: 'wireguard' })), [])
  t.same(reachable({ ...node, peers: node.peers?.map((it) => ({ ...it, lacks: ['fdb'] })) ?? [] }), [])
  const { peers: _, ...without } = node
  t.same(reachable(without), [])
  t.same(reachable({}), [], 'no k3s')
  const direct: CniSample = {
    ...node,
    netConf: { type: 'host-gw', vni: 1, ipv4: true, ipv6: false, mode: '' },
  }
  t.same(reachable(direct), [], 'host-gw has no overlay')
})

const many = (count: number) =>
  Array.from({ length: count }, (_, at) => ({
    ...{ subnet: `10.42.${at}.0/24`, via: `10.42.${at}.0`, dev: 'flannel.1', mtu: 1450 },
  }))
const reachOf = (via: string, more: Partial<Reach> = {}) => ({
  [via]: { first: 0, at: 0, passes: 'all', ...more } as Reach,
})

t.test('who was silent is asked first, and with many all get their turn', async (t) => {
  const all = many(120)
  const now = 1_000_000
  const silent = { ...reachOf('10.42.7.0', { passes: 'none', at: now - second }) }
  t.equal(due(all, silent, now, 'due')[0]?.via, '10.42.0.0', 'before whom nobody has asked')
  let reach: Record<string, Reach> = Object.fromEntries(
    all.map(({ via }) => [via, { first: 0, at: 0, passes: 'all' } as Reach]),
  )
  reach = { ...reach, ...reachOf('10.42.7.0', { passes: 'small', at: now - second }) }
  const seen = new Set<string>()
  for (let round = 0; round < 3; round += 1) {
    const asked = due(all, reach, now + round, 'everyone')
    t.equal(asked.length, mostAsked)
    t.equal(asked[0]?.via, '10.42.7.0')
    for (const { via } of asked) {
      seen.add(via)
      reach[via] = { ...(reach[via] as Reach), at: now + round }
    }
  }
  t.equal(seen.size, 120)
  const viasOf = (at: number, extent: 'due' | 'unsure') => due(all, reach, at, extent).map(({ via }) => via)
  t.same(viasOf(now + 30 * second, 'due'), [], 'the rest is left to the poll')
  t.equal(viasOf(now + 63 * second, 'due').length, mostAsked)
  reach = { ...reach, ...reachOf('10.42.7.0', { passes: 'none', at: now, since: now }) }
  t.same(viasOf(now + 29 * second, 'due'), ['10.42.7.0'], 'who fell silent a moment ago is asked each time')
  t.same(viasOf(now + 29 * second, 'unsure'), ['10.42.7.0'])
  t.same(viasOf(now + 90 * second, 'unsure'), [])
  t.same(due([], reach, now, 'everyone'), [])
})

t.test('of many silent ones those come to their other questions that waited longest', async (t) => {
  const all = many(40)
  const reach = Object.fromEntries(all.map(({ via }, at) => [via, { first: 0, at: 100 - at } as Reach]))
  t.same(
    inDoubt(all, reach).map(({ via }) => via),
    all
      .toReversed()
      .slice(0, 16)
      .map(({ via }) => via),
  )
})

t.test('what one look adds to what was known', async (t) => {
  const well = remembered(
    undefined,
    { by: 'udp', small: true, full: true, host: 'kubelet', name: 'node2' },
    10,
  )
  t.same(well, { first: 10, at: 10, by: 'udp', passes: 'all', served: true, name: 'node2', well: 10 })
  const silent = remembered(well, { small: false, host: 'kubelet' }, 30, 20)
  t.same(silent, {
    ...{ first: 10, at: 30, by: 'udp', passes: 'none', served: true, name: 'node2' },
    ...{ well: 20, since: 30, host: 'answers' },
  })
  const more = remembered(silent, { small: false, host: 'kubelet' }, 40, 35)
  t.match(more, { since: 30, well: 20, at: 40 }, 'the poll knows nothing of one that was silent already')
  t.match(remembered(more, { by: 'udp', small: true, full: false }, 50), { passes: 'small', since: 30 })
  const back = remembered(more, { by: 'ping', small: true, full: true }, 60)
  t.match(back, { by: 'ping', passes: 'all', well: 60 })
  for (const key of ['since', 'host', 'away']) t.notOk(key in back, key)
})

t.test('a node that was off, or without k3s, may be starting from then on', async (t) => {
  const well = remembered(undefined, { by: 'udp', small: true, full: true, host: 'kubelet' }, 10)
  const off = remembered(well, { small: false, host: 'silent' }, 20)
  t.match(off, { host: 'silent', away: 20 })
  const booted = remembered(off, { small: false, host: 'refuses' }, 30)
  t.match(booted, { host: 'away', away: 30 })
  const started = remembered(booted, { small: false, host: 'kubelet' }, 40)
  t.match(started, { host: 'answers', away: 30 })
  t.notOk('away' in remembered(started, { by: 'udp', small: true, full: true }, 50))
  const never = remembered(undefined, { small: false, host: 'refuses' }, 30)
  t.match(never, { host: 'unsure' }, 'a port that never was open says nothing')
  const closed = remembered(undefined, { by: 'udp', small: true, full: true }, 10)
  t.match(remembered(closed, { small: false, host: 'answers' }, 20), { host: 'unsure' })
  t.match(remembered(closed, { small: false, host: 'kubelet' }, 20), { host: 'answers' })
  t.match(remembered(well, { small: false, host: 'answers' }, 20), { host: 'answers' }, 'closed since')
  t.notOk('away' in never)
})

t.test('not seen is neither well nor ill', async (t) => {
  const well = remembered(undefined, { by: 'udp', small: true, full: true }, 10)
  t.same(remembered(well, {}, 20), { ...well, at: 20 }, 'and was not well then either')
  const silent = remembered(well, { small: false, host: 'answers' }, 20)
  t.same(remembered(silent, {}, 30), { ...silent, at: 30 })
  t.notOk('passes' in remembered(undefined, { host: 'answers' }, 10))
  t.match(
    remembered(undefined, { by: 'tls', small: true }, 10),
    { passes: 'all' },
    'no size is held against it',
  )
  t.ok(peer)
})

t.test('a clock that was set back makes nothing later than now', async (t) => {
  const silent = remembered(
    { first: 90, at: 99, passes: 'none', since: 95, well: 93, away: 96 },
    { small: false },
    10,
  )
  for (const time of [silent.first, silent.at, silent.since, silent.well, silent.away])
    t.ok((time ?? 0) <= 10)
})
