import t from 'tap'
import { choose, comesFirst, keyOf } from '../../../collectors/pods/choose.ts'

const of = (name: string, namespace = 'shop', container = 'app') => ({
  folder: `${namespace}_${name}_x`,
  container,
  pod: { namespace, name, container },
})
const none = new Set<string>()

t.test('what comes first', async (t) => {
  for (const [name, namespace, container] of [
    ['coredns-7f', 'kube-system', 'coredns'],
    ['postgres-0', 'prod', 'app'],
    ['shop-pg-1', 'prod', 'app'],
    ['web', 'prod', 'redis'],
  ] as const)
    t.ok(comesFirst({ namespace, name, container }), name)
  for (const name of ['web', 'pgadminer', 'rediscover', 'dbus'])
    t.notOk(comesFirst({ namespace: 'x', name, container: 'app' }), name)
})

t.test('all of them, where there is room', async (t) => {
  const all = [of('a'), of('b')]
  t.strictSame(choose(all, 2, none), { followed: all, waiting: [], turns: {} })
})

t.test('everyone has a turn; what comes first and what moves have more', async (t) => {
  const calm = Array.from({ length: 60 }, (_, at) => of(`web-${at}`))
  const first = [of('coredns', 'kube-system'), of('postgres-0')]
  const moving = [of('busy'), of('loop')]
  const all = [...calm, ...first, ...moving]
  const seen = new Map<string, number>()
  let turns = {}
  for (let looks = 0; looks < 10; looks += 1) {
    const choice = choose(all, 20, new Set(moving.map(keyOf)), turns)
    t.equal(choice.followed.length, 20)
    t.equal(choice.followed.length + choice.waiting.length, all.length)
    turns = JSON.parse(JSON.stringify(choice.turns))
    for (const it of choice.followed) seen.set(keyOf(it), (seen.get(keyOf(it)) ?? 0) + 1)
  }
  for (const it of [...first, ...moving]) t.equal(seen.get(keyOf(it)), 10)
  const looks = calm.map((it) => seen.get(keyOf(it)) ?? 0)
  t.ok(Math.min(...looks) >= 2 && Math.max(...looks) <= 3, `${looks}`)
})

t.test('no name keeps others out', async (t) => {
  const loud = Array.from({ length: 100 }, (_, at) => of(`a-postgres-${at}`))
  const all = [...loud, of('zz-web'), of('zz-postgres-0')]
  const moving = new Set(loud.map(keyOf))
  const seen = new Set<string>()
  let turns = {}
  for (let looks = 0; looks < 12; looks += 1) {
    const choice = choose(all, 20, moving, turns)
    turns = choice.turns
    for (const it of choice.followed) seen.add(keyOf(it))
  }
  t.equal(seen.size, all.length)
})
