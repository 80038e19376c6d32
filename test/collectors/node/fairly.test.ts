import t from 'tap'
import { fairly } from '../../../collectors/node/fairly.ts'

const of = (pod: string, grave: number) => ({ pod, grave })
const cap = (all: readonly ReturnType<typeof of>[], most: number) =>
  fairly(
    all,
    most,
    (it) => it.pod,
    (it) => it.grave,
  )

t.test('the gravest of each pod before the second of any', async (t) => {
  const loud = Array.from({ length: 10 }, () => of('loud', 2))
  const all = [...loud, of('db', 2), of('web', 0), of('web', 1)]
  const { kept, left } = cap(all, 4)
  t.strictSame(kept, [loud[0], loud[1], of('db', 2), of('web', 1)])
  t.equal(left.length, 9)
  t.strictSame(new Set([...kept, ...left]), new Set(all))
})

t.test('of many pods the gravest', async (t) => {
  const all = Array.from({ length: 10 }, (_, at) => of(`p${at}`, at % 2))
  t.ok(cap(all, 5).kept.every((it) => it.grave === 1))
  t.strictSame(cap(all, 10), { kept: all, left: [] })
})
