import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { alarm } from '../../../agent/daemon/alarm.ts'

const now = 1_000_000

t.test('it rings once, a moment after the time it was set to last', async (t) => {
  let rung = 0
  const it = alarm(() => rung++)
  it.set(now + 3_600_000, now)
  it.set(now + 5, now)
  await sleep(50)
  t.equal(rung, 1)
  it.set(now + 5, now)
  it.stop()
  await sleep(50)
  t.equal(rung, 1)
})
