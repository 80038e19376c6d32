import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { rounds, settle } from '../../../agent/daemon/schedule.ts'

const never = '0 0 0 1 1 *'
/** Whether it becomes so within a minute, as on a machine that has other things to do. */
const until = async (it: () => boolean) => {
  for (let count = 0; count < 6000 && !it(); count += 1) await sleep(10)
  return it()
}

t.test('many wakes in a moment are one round, and soon', async (t) => {
  let looks = 0
  const it = rounds({
    every: never,
    run: async () => {
      looks += 1
    },
  })
  for (let count = 0; count < 100; count += 1) it.wake()
  t.equal(looks, 0, 'not before things have settled')
  await until(() => looks > 0)
  await sleep(settle * 3)
  t.equal(looks, 1)
  await it.stop()
})

t.test('never two at once; what came meanwhile is looked at afterwards', async (t) => {
  let running = 0
  let most = 0
  let looks = 0
  const it = rounds({
    every: never,
    run: async () => {
      running += 1
      most = Math.max(most, running)
      await sleep(60)
      running -= 1
      looks += 1
    },
  })
  it.start()
  it.wake()
  it.wake()
  await until(() => looks === 2)
  await sleep(500)
  t.equal(most, 1)
  t.equal(looks, 2)
  await it.stop()
})

t.test('under changes without end the rounds grow rare', async (t) => {
  let looks = 0
  const it = rounds({
    every: never,
    run: async () => {
      looks += 1
    },
  })
  const end = Date.now() + 1500
  while (Date.now() < end) {
    it.wake()
    await sleep(10)
  }
  t.ok(looks >= 2 && looks <= 6, `${looks} rounds for 150 changes`)
  await it.stop()
})

t.test('what waits to be confirmed does not wait for changes to end', async (t) => {
  const looks: number[] = []
  const it = rounds({
    every: never,
    run: async () => {
      await sleep(50)
      looks.push(Date.now())
    },
  })
  const end = Date.now() + 1500
  while (Date.now() < end) {
    it.wake()
    await sleep(10)
  }
  const [before, asked] = [looks.length, Date.now()]
  it.confirm()
  await until(() => looks.length > before)
  t.ok((looks.at(-1) ?? 0) - asked < 400, 'a round at once; the next woken one is a second away')
  await it.stop()
})

t.test('the round that runs confirms nothing: another follows', async (t) => {
  let looks = 0
  const it = rounds({
    every: never,
    run: async () => {
      looks += 1
      await sleep(50)
    },
  })
  it.start()
  it.confirm()
  await until(() => looks === 2)
  await sleep(150)
  t.equal(looks, 2)
  await it.stop()
})

t.test('and no rarer than a collector can bear', async (t) => {
  const looks: number[] = []
  const it = rounds({
    every: never,
    longest: 300,
    run: async () => {
      looks.push(Date.now())
    },
  })
  const end = Date.now() + 3000
  while (Date.now() < end) {
    it.wake()
    await sleep(10)
  }
  await it.stop()
  t.ok(looks.length >= 6, `${looks.length} rounds in 3 s; doubled without bound it would be four`)
})

t.test('it stops, also in the middle of a round', async (t) => {
  let ended = false
  const it = rounds({
    every: never,
    run: async () => {
      await sleep(50)
      ended = true
    },
  })
  it.start()
  await it.stop()
  t.ok(ended)
  it.wake()
})

t.test('it knows when the next round comes', async (t) => {
  const it = rounds({ every: '0 0 * * * *', run: async () => {} })
  it.start()
  const next = it.next() ?? 0
  t.ok(next > Date.now() && next <= Date.now() + 3600_000)
  await it.stop()
})

t.test('a clock that is set makes it look at once, back or far ahead', async (t) => {
  for (const jump of [-3600_000, 180 * 24 * 3600_000]) {
    let looks = 0
    let offset = 0
    const it = rounds({
      every: '* * * * * *',
      run: async () => {
        looks += 1
      },
      wallClock: () => Date.now() + offset,
    })
    it.start()
    await sleep(50)
    offset = jump
    const before = looks
    const begun = Date.now()
    await Promise.all([until(() => looks > before), sleep(1500)])
    const seconds = Math.ceil((Date.now() - begun) / 1000)
    const after = looks - before
    t.ok(after >= 1 && after <= 2 + seconds, `${after} looks in ${seconds} s after a jump of ${jump} ms`)
    const woken = looks
    it.wake()
    t.ok(await until(() => looks > woken), 'and it can be woken')
    await it.stop()
  }
})

t.test('a round that breaks off is said, and the next one comes', async (t) => {
  const failures: unknown[] = []
  let looks = 0
  const it = rounds({
    every: never,
    run: async () => {
      looks += 1
      if (looks === 1) throw new Error('the store is gone')
    },
    failed: (error) => failures.push(error),
  })
  it.start()
  await until(() => failures.length > 0)
  t.match(failures, [{ message: 'the store is gone' }])
  it.wake()
  t.ok(await until(() => looks === 2))
  await it.stop()
})

t.test('while something is open it looks sooner, and wakes do not put that off', async (t) => {
  const looks: number[] = []
  const open = new Set(['a finding'])
  const it = rounds({
    every: never,
    within: () => (open.size > 0 ? 400 : undefined),
    run: async () => void looks.push(performance.now()),
  })
  it.start()
  await until(() => looks.length === 3)
  const [, second = 0, third = 0] = looks
  t.ok(third - second >= 380, `${third - second} ms between two`)
  t.ok((it.next() ?? 0) <= Date.now() + 400, 'the page says when it looks again')
  const waker = setInterval(() => it.wake(), 20)
  const before = looks.length
  await sleep(4000)
  clearInterval(waker)
  const many = looks.length - before
  t.ok(many >= 9, `${many} looks in 4 s; woken ones alone are five`)
  open.clear()
  await sleep(900)
  const last = looks.length
  await sleep(900)
  t.equal(looks.length, last, 'and no longer once all is well')
  await it.stop()
})

t.test('when it is due by its schedule, whatever comes sooner', async (t) => {
  let looks = 0
  const it = rounds({
    every: '0 0 0 1 1 *',
    run: async () => {
      looks += 1
    },
    within: () => 60_000,
  })
  t.teardown(() => it.stop())
  it.start()
  for (let left = 200; left > 0 && looks === 0; left -= 1) await sleep(5)
  await sleep(5)
  t.ok((it.next() ?? 0) - Date.now() <= 60_000)
  const first = new Date(new Date().getFullYear() + 1, 0, 1).getTime()
  t.equal(it.scheduled(), first)
})
