import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { timer } from '../../../agent/daemon/timer.ts'

t.test('rings a second after the next date, once, and not for a guess or what is far or over', async (t) => {
  let rung = 0
  const it = timer(() => {
    rung += 1
  })
  const at = 1_000_000
  it.set(
    [
      { what: 'guess', at, confidence: 'likely' },
      { what: 'over', at: at - 1, confidence: 'date' },
    ],
    at,
  )
  it.set([{ what: 'far', at: at + 7200_000, confidence: 'date' }], at)
  await sleep(1_200)
  t.equal(rung, 0)
  it.set([{ what: 'soon', at: at + 100, confidence: 'date' }], at)
  it.set([{ what: 'soon', at: at + 100, confidence: 'date' }], at)
  await sleep(1_400)
  t.equal(rung, 1)
  it.set([{ what: 'soon', at, confidence: 'date' }], at)
  it.stop()
  await sleep(1_200)
  t.equal(rung, 1)
})
