import t from 'tap'
import { whatHappened } from '../../../collectors/k3s/happened.ts'
import { killed, stoodBefore } from '../../../collectors/k3s/killed.ts'
import type { K3sSample } from '../../../collectors/k3s/sample.ts'
import { noon, server, startedAt, stopped } from './samples.ts'

const second = 1_000
const none = { count: 0, some: [] }
const half = { count: 1, some: ['c3'] }
const back = { tasks: { count: 2, some: ['d4', 'e5'] }, links: { cni0: 9, 'flannel.1': 8 } }

/**
 * The acts of `k3s-killall.sh` and of the start ten seconds after it, as measured on k3s 1.36, in the second in which
 * each is done. The folders of the tasks stay; what lives is what `tasks` says.
 */
const acts: readonly (readonly [at: number, what: string, then: K3sSample])[] = [
  [0, 'as it was', server()],
  [1, 'k3s is stopped', stopped(noon + second)],
  [2, 'some containers are dead', stopped(noon + second, { tasks: half })],
  [3, 'all containers are dead', stopped(noon + second, { tasks: none })],
  [4, 'the bridge is gone', stopped(noon + second, { tasks: none, links: { 'flannel.1': 4 } })],
  [5, 'the overlay is gone too', stopped(noon + second, { tasks: none, links: {} })],
  [15, 'k3s runs', startedAt(noon + 15 * second, { tasks: none, links: {} })],
  [20, 'flannel has its link', startedAt(noon + 15 * second, { tasks: none, links: { 'flannel.1': 8 } })],
  [30, 'the pods are back', startedAt(noon + 15 * second, back)],
]

/** The daemon's own way: each sample remembers what `collect` remembers in it. */
function seen(looks: readonly (readonly [number, K3sSample])[]): readonly string[] {
  let before: K3sSample | undefined
  let looked: number | undefined
  const told: string[] = []
  for (const [at, now] of looks) {
    const happened = whatHappened(before, now, looked, at)
    const isKilled = happened.some((it) => it.code === 'k3s.killed')
    const stood = now.k3s?.running || isKilled ? undefined : stoodBefore(before, looked)
    for (const it of happened)
      if (!before?.happened?.some((one) => one.code === it.code && one.at === it.at)) told.push(it.code)
    before = { ...now, ...(stood && { stood }), ...(happened.length > 0 && { happened }) }
    looked = at
  }
  return told
}

t.test('killall is seen once, whichever of its moments are looked at', async (t) => {
  const between = acts.slice(1, -1)
  for (let chosen = 0; chosen < 2 ** between.length; chosen += 1) {
    const some = between.filter((_, index) => chosen & (1 << index))
    const looks = [acts[0], ...some, acts.at(-1)].map((it) => {
      const [at, , then] = it as (typeof acts)[number]
      return [noon + at * second, then] as const
    })
    const names = some.map(([, what]) => what).join(', then ') || 'only before and behind'
    t.strictSame(
      seen(looks).filter((it) => it === 'k3s.killed'),
      ['k3s.killed'],
      names,
    )
  }
})

t.test('it is said to have begun when k3s was stopped, and never before it was seen whole', async (t) => {
  const looked = noon - 40 * second
  const [it] = killed(server(), stopped(noon + second, { tasks: none, links: {} }), looked, noon + 6 * second)
  t.match(it, {
    at: noon + second,
    text: /^All 3 containers, cni0 and flannel\.1 disappeared between 2026-11-23 11:59:20 UTC and 2026-11-23 12:00:06 UTC\. `k3s-killall\.sh` does that\.$/,
    evidence: { containers: 3, links: 'cni0 flannel.1' },
  })
  const unknown = stopped(noon - 3600 * second, { tasks: none, links: {} })
  t.match(killed(server(), unknown, looked, noon), [{ at: looked }])
  t.match(killed(server(), startedAt(noon, back), looked, noon + second), [{ at: noon - 1 }])
})

t.test('what only looks like it', async (t) => {
  const still = (...looks: readonly K3sSample[]) =>
    seen(looks.map((it, index) => [noon + index * 20 * second, it])).filter((it) => it === 'k3s.killed')
  const anew = { tasks: { count: 3, some: ['d4', 'e5', 'f6'] } }
  const since = noon + 15 * second
  t.strictSame(still(server(), startedAt(since)), [], 'a restart')
  t.strictSame(still(server(), stopped(noon), startedAt(since)), [], 'a restart with a look between')
  t.strictSame(still(server(), startedAt(since, { tasks: half })), [], 'a restart while two containers end')
  t.strictSame(still(server(), server({ tasks: none }), startedAt(since, { tasks: none })), [], 'a drain')
  t.strictSame(still(server(), startedAt(since, { tasks: none })), [], 'a drain and a restart at once')
  t.strictSame(still(server(), server(anew)), [], 'a rollout')
  t.strictSame(still(server(), startedAt(since, anew)), [], 'a rollout and a restart at once')
  t.strictSame(still(server(), server({ links: { 'flannel.1': 4 } })), [], '`ip link del cni0`')
  t.strictSame(
    still(
      server(),
      server({ links: { 'flannel.1': 4 } }),
      startedAt(since, { ...anew, links: { cni0: 9, 'flannel.1': 4 } }),
    ),
    [],
    'the bridge deleted, k3s restarted, all pods made anew',
  )
  t.strictSame(still(server(), startedAt(since, { links: {} })), [], 'both links deleted and a restart')
  t.strictSame(still(server(), { ...startedAt(since, back), boot: 'b', booted: noon }), [], 'a reboot')
  t.strictSame(
    still(server(), { ...stopped(noon, { tasks: none, links: {} }), boot: 'b' }, startedAt(since, back)),
    [],
    'a reboot with a look before k3s runs',
  )
  t.strictSame(still(server({ tasks: none }), stopped(noon, { tasks: none, links: {} })), [], 'no containers')
})

t.test('a second one, after the pods were back, is another', async (t) => {
  const again = acts.map(([at, , then]) => [noon + at * second, then] as const)
  const later = 60 * second
  const more = [
    [noon + later + 5 * second, stopped(noon + later, { tasks: none, links: {} })],
    [noon + later + 40 * second, startedAt(noon + later + 15 * second, { ...back, links: { cni0: 12 } })],
  ] as const
  t.strictSame(seen([...again, ...more]), ['k3s.killed', 'k3s.restarted', 'k3s.killed', 'k3s.restarted'])
})

t.test('what stood is kept while k3s does not run', async (t) => {
  const whole = { at: noon, count: 3, some: ['a1', 'b2', 'c3'], links: { cni0: 5, 'flannel.1': 4 } }
  t.strictSame(stoodBefore(server(), noon), whole)
  t.strictSame(stoodBefore({ ...stopped(noon), stood: whole }, noon + 9), whole)
  t.equal(stoodBefore(stopped(noon), noon), undefined)
  t.equal(stoodBefore(server({ links: {} }), noon), undefined)
  t.equal(stoodBefore(undefined, undefined), undefined)
})
