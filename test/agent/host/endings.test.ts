import t from 'tap'
import { atEnd, roundEnd } from '../../../agent/host/endings.ts'

t.test('what waits for the end of a round is called then, once, unless it was taken back', async (t) => {
  const round = new AbortController()
  const other = new AbortController()
  const called: string[] = []
  const takeBack = atEnd(round.signal, () => called.push('taken back'))
  atEnd(round.signal, () => {
    called.push('first')
    last()
  })
  const last = atEnd(round.signal, () => called.push('taken back by the first'))
  atEnd(round.signal, () => called.push('second'))
  atEnd(other.signal, () => called.push('of another'))
  takeBack()
  takeBack()
  t.same(called, [])
  round.abort()
  t.same(called, ['first', 'second'])
})

t.test('a thousand that are taken back leave nothing, and one listener', async (t) => {
  const round = new AbortController()
  let listeners = 0
  const { addEventListener } = round.signal
  round.signal.addEventListener = ((...args: Parameters<typeof addEventListener>) => {
    listeners += 1
    addEventListener.apply(round.signal, args)
  }) as typeof addEventListener
  for (let count = 0; count < 1000; count += 1) atEnd(round.signal, () => t.fail('it was taken back'))()
  round.abort()
  t.equal(listeners, 1)
})

t.test('a round ends in time, or with all, or by itself and with it what it left behind', async (t) => {
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
  const all = new AbortController()
  const late = roundEnd(20, all.signal)
  const done = roundEnd(20, all.signal)
  const long = roundEnd(60_000, all.signal)
  done.over()
  for (let left = 100; left > 0 && !late.signal.aborted; left -= 1) await pause(20)
  t.same([late.signal.aborted, done.signal.aborted, long.signal.aborted], [true, true, false])
  all.abort()
  t.equal(long.signal.aborted, true)
  t.equal(roundEnd(60_000, all.signal).signal.aborted, true, 'after the end of all there is none')
})
