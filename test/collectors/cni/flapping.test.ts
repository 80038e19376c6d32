import t from 'tap'
import { countDowns, countStarts, flapping } from '../../../collectors/cni/flapping.ts'
import type { CniSample } from '../../../collectors/cni/sample.ts'

const minute = 60_000
const hour = 60 * minute
const now = 1_000 * hour

t.test('links that come and go, by what ip monitor said', (t) => {
  const said = (at: number, ...texts: string[]) => texts.map((text) => ({ at, text }))
  const down = '2: cni0: <BROADCAST,MULTICAST> mtu 1450 qdisc noqueue state DOWN group default '
  const up = '2: cni0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UP group default '
  const heard = said(
    now,
    down,
    down,
    '2: cni0    inet 10.42.0.1/24 scope global cni0',
    up,
    down,
    up,
    'Deleted 2: cni0: <BROADCAST,MULTICAST> mtu 1450',
  )
  const downs = countDowns(heard, ['cni0'], undefined, now)
  t.same(downs, { cni0: [now, now, now] })
  t.match(flapping({ downs }, now), [
    {
      code: 'cni.flapping',
      subject: 'cni0',
      evidence: { link: 'cni0', downs: 3 },
      text: /^cni0 went down 3 times in the last 10 min, last at \d\d:\d\d UTC\.$/,
    },
  ])
  t.same(flapping({ downs }, now + 11 * minute), [], 'it has stopped')
  t.same(countDowns([], ['cni0'], { downs }, now + 2 * hour), {}, 'and is forgotten')
  t.same(countDowns(said(now, '3: docker0: <BROADCAST> mtu 1', up), ['cni0'], undefined, now), {})
  t.end()
})

t.test('the uplink, by the count of lost carriers', (t) => {
  const uplink = (carrier: number) => ({ eth0: carrier })
  const before = { carriers: { eth0: 7 } }
  t.same(countDowns([], [], undefined, now, uplink(7)), {}, 'what was before is not known')
  t.same(countDowns([], [], before, now, uplink(7)), {})
  t.same(countDowns([], [], before, now, uplink(10)), { eth0: [now, now, now] })
  t.same(countDowns([], [], before, now, uplink(2)), {}, 'a reboot')
  t.same(countDowns([], [], { carriers: { eth1: 7 } }, now, uplink(99)), {}, 'another one')
  t.equal(countDowns([], [], before, now, uplink(2_000_000_000)).eth0?.length, 32)
  t.end()
})

const running = (since?: number): CniSample => ({
  k3s: {
    distribution: 'k3s',
    role: 'server',
    dataDir: '/d',
    unit: 'k3s',
    binary: '/k',
    ...(since !== undefined && { running: { pid: 1, since } }),
  },
})

/** Each act in its order: when, what `ip monitor` says of cni0, and since when k3s runs then. */
function after(acts: readonly (readonly [at: number, went: boolean, since?: number])[]) {
  let sample = running(now - 9 * hour)
  for (const [at, went, since] of acts) {
    const heard = went ? [{ at, text: 'Deleted 2: cni0: <BROADCAST,MULTICAST> mtu 1450' }] : []
    const seen = running(since)
    const downs = countDowns(heard, ['cni0'], sample, at)
    sample = { ...seen, downs, starts: countStarts(seen, sample, at) }
  }
  return sample
}

t.test('three restarts and a killall within ten minutes are no flapping', (t) => {
  const second = 1_000
  const acts = [0, 2, 4, 6].flatMap((it) => {
    const at = now + it * minute
    const start = at + 10 * second
    // It goes; k3s runs again ten seconds later, and is looked at when it does.
    return [[at, true] as const, [start + second, false, start] as const]
  })
  const it = after(acts)
  t.equal(it.downs?.cni0?.length, 4, 'it went down four times')
  t.same(flapping(it, now + 7 * minute), [])
  const restarts = after(
    [0, 2, 4, 6].map((it) => [now + it * minute, true, now + it * minute - second] as const),
  )
  t.same(flapping(restarts, now + 7 * minute), [], 'and where it goes only after the start')
  t.end()
})

t.test('four times by hand are, also where k3s was restarted before', (t) => {
  const byHand = [0, 1, 2, 3].map((it) => [now + it * minute, true, now - 9 * hour] as const)
  t.match(flapping(after(byHand), now + 4 * minute), [{ evidence: { downs: 4 } }])
  const start = now - 5 * minute
  const both = [[start + 1_000, true, start] as const, ...byHand.map(([at]) => [at, true, start] as const)]
  t.match(flapping(after(both), now + 4 * minute), [{ evidence: { downs: 4 } }])
  t.end()
})

t.test('starts are remembered for an hour', (t) => {
  const first = { ...running(now), starts: countStarts(running(now), undefined, now) }
  t.same(first.starts, [now])
  t.same(countStarts(running(now), first, now + minute), [now], 'each once')
  t.same(countStarts(running(now + minute), first, now + minute), [now, now + minute])
  t.same(countStarts(running(now), first, now + hour), [])
  t.same(countStarts(running(now - 2 * hour), undefined, now), [], 'an old one explains nothing')
  t.end()
})
