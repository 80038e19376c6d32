import t from 'tap'
import { restarting } from '../../../collectors/pods/restarting.ts'
import { podNode } from './node.ts'

const of = (name: string, namespace = 'shop') => ({
  folder: `${namespace}_${name}_x`,
  container: 'app',
  pod: { namespace, name, uid: name, container: 'app' },
})
const none = async () => []
const since = { window: 1000, restarts: 3, now: 5000, there: () => true }

t.test('each one that was started again, as many as are followed', async (t) => {
  const { host } = podNode(t)
  const all = Array.from({ length: 500 }, (_, at) => ({ it: of(`web-${at}`), restarts: 1, times: 1 }))
  const { kept, evicted } = await restarting(host, [], all, none, since)
  t.equal(kept.length, 500)
  t.strictSame(evicted, [])
})

t.test('beyond that a loop stays before what was started once, and who falls out is said', async (t) => {
  const { host } = podNode(t)
  const loop = { it: of('coredns', 'kube-system'), restarts: 3, times: 3 }
  const all = Array.from({ length: 600 }, (_, at) => ({ it: of(`web-${at}`), restarts: 1, times: 1 }))
  const { kept, evicted } = await restarting(host, [], [...all, loop], none, since)
  t.equal(kept.length, 500)
  t.equal(evicted.length, 101)
  t.ok(kept.some((it) => it.pod.name === 'coredns'))
})

t.test('one that waits and was not asked is not judged', async (t) => {
  const { host } = podNode(t)
  const down = Array.from({ length: 100 }, (_, at) => ({
    ...{ pod: of(`web-${at}`).pod, restarts: 9, times: [], down: true as const },
    ended: { code: 1, at: 4000 },
  }))
  const { kept, evicted } = await restarting(host, down, [], none, since)
  t.equal(kept.length, 40, 'those that were asked run')
  t.strictSame(evicted, [])
  const later = await restarting(host, kept, [], none, { ...since, now: 4000 + 8 * 60_000 })
  t.strictSame([later.kept.length, later.evicted.length], [0, 0], 'now all were asked')
  const late = await restarting(host, down, [], none, { ...since, now: 4000 + 8 * 60_000 })
  t.strictSame([late.kept.length, late.evicted.length], [0, 40])
})
