import t from 'tap'
import { newLane } from '../../../agent/host/lanes.ts'

const signal = new AbortController().signal
const bounds = { timeout: 20, signal }
const patient = { timeout: 60_000, signal }
// A read that hangs keeps the process alive; what stands for one here does not.
const alive = setInterval(() => {}, 1_000)
t.teardown(() => clearInterval(alive))
/** Work that ends when it is told to. */
function open<T>() {
  let end: (value: T) => void = () => {}
  const done = new Promise<T>((resolve) => {
    end = resolve
  })
  return { work: () => done, end }
}
const soon = () => new Promise((resolve) => setTimeout(resolve, 5))

t.test('so many at once, the others after them, in their order', async (t) => {
  const lane = newLane(2)
  let running = 0
  let most = 0
  const order: number[] = []
  await Promise.all(
    Array.from({ length: 20 }, (_, at) =>
      lane.run(
        'x',
        async () => {
          running += 1
          most = Math.max(most, running)
          order.push(at)
          await soon()
          running -= 1
        },
        patient,
      ),
    ),
  )
  t.equal(most, 2)
  t.same(
    order,
    order.toSorted((a, b) => a - b),
  )
})

t.test('what hangs keeps its place, and nothing else is asked until it answers', async (t) => {
  const lane = newLane(2)
  const hung = open<string>()
  const late: string[] = []
  const queued = open<void>()
  const first = lane.run('reading /a', hung.work, bounds, (it) => late.push(it))
  const second = lane.run('reading /b', queued.work, patient)
  const waiting = lane.run(
    'reading /c',
    async () => {
      t.fail('not begun')
    },
    patient,
  )
  await t.rejects(first, { code: 'timeout', message: 'reading /a: no answer within 0.02 s' })
  t.ok(lane.stuck)
  const why = /^reading \/[cd]: not asked, because reading \/a has had no answer since \d\d:\d\d:\d\d UTC/
  await t.rejects(waiting, { code: 'timeout', message: why })
  await t.rejects(
    lane.run('reading /d', async () => 1, patient),
    { code: 'timeout', message: why },
  )
  queued.end()
  await second
  hung.end('after all')
  await soon()
  t.same(late, ['after all'], 'what it opened can be closed')
  t.notOk(lane.stuck)
  t.equal(await lane.run('reading /d', async () => 4, patient), 4)
})

t.test('a round that is over waits for nobody, and what it began is still seen to hang', async (t) => {
  const lane = newLane(1)
  const ended = new AbortController()
  const hung = open<void>()
  const given = { timeout: 20, signal: ended.signal }
  const first = lane.run('reading /a', hung.work, given)
  const waiting = lane.run(
    'reading /b',
    async () => {
      t.fail('not begun')
    },
    given,
  )
  ended.abort()
  for (const it of [first, waiting, lane.run('reading /c', async () => {}, given)])
    await t.rejects(it, { code: 'timeout', message: /its round was over/ })
  t.notOk(lane.stuck)
  await new Promise((resolve) => setTimeout(resolve, 60))
  t.ok(lane.stuck)
  hung.end()
  await soon()
  t.equal(await lane.run('reading /b', async () => 2, patient), 2)
})

t.test('whatever hangs, one of the four threads is left', async (t) => {
  const hung = Array.from({ length: 3 }, () => open<void>())
  for (const it of hung) await t.rejects(newLane(1).run('reading /a', it.work, bounds), { code: 'timeout' })
  await t.rejects(
    newLane(1).run('reading /b', async () => 1, patient),
    { message: /not asked/ },
  )
  hung[0]?.end()
  await soon()
  t.equal(await newLane(1).run('reading /b', async () => 1, patient), 1)
  for (const it of hung) it.end()
})

t.test('an error is handed on, and holds nobody up', async (t) => {
  const lane = newLane(1)
  await t.rejects(
    lane.run('x', async () => Promise.reject(new Error('no')), patient),
    { message: 'no' },
  )
  t.equal(await lane.run('x', async () => 1, patient), 1)
})
