import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { Liveness, lateness } from '../../../agent/delivery/liveness.ts'

t.test('a worker is back when it said it would be, and some minutes later at most', async (t) => {
  let elapsed = 0
  const it = new Liveness(() => elapsed)
  t.equal(it.lives(), true, 'it has just begun')
  elapsed = lateness - 1
  t.equal(it.lives(), true)
  elapsed = lateness
  t.equal(it.lives(), false, 'it waits for something that does not come')
  const slept: number[] = []
  let wake = () => {}
  const sleep = it.watched((ms) => {
    slept.push(ms)
    return new Promise((resolve) => {
      wake = resolve
    })
  })
  const resting = sleep(3600_000, new AbortController().signal)
  t.strictSame(slept, [3600_000])
  elapsed += 3600_000
  t.equal(it.lives(), true, 'it rests for an hour')
  elapsed += lateness
  t.equal(it.lives(), false)
  wake()
  await resting
  t.equal(it.lives(), true, 'there it is')
})

t.test('one that has ended lives no more, however that was', async (t) => {
  const it = new Liveness()
  let closed = 0
  const close = async () => {
    closed += 1
  }
  await it.until(pause(5), close)
  t.equal(it.lives(), false)
  const other = new Liveness()
  await t.rejects(other.until(Promise.reject(new Error('a mistake')), close), /a mistake/)
  t.equal(closed, 2)
  t.equal(other.lives(), false)
})
