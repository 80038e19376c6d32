import t from 'tap'
import { type Clock, confirmedAfter, started, ticked } from '../../../agent/state/clock.ts'

const hour = 3_600_000
const day = 24 * hour
const noon = Date.parse('2026-11-23T12:00:00Z')
const sure: Clock = { trusted: noon, wall: noon, held: confirmedAfter }

t.test('a first start believes the clock; one with rows and no clock believes the rows', async (t) => {
  t.strictSame(started(undefined, undefined, noon), sure)
  t.strictSame(started(undefined, noon - hour, noon), sure)
  t.strictSame(
    started(undefined, noon - 90 * day, noon),
    { trusted: noon - 90 * day, wall: noon, held: 0 },
    'the node may have been off, or its clock may be ahead',
  )
  t.strictSame(started(undefined, noon + day, noon), { trusted: noon, wall: noon, held: 0 })
})

t.test(
  'an ordinary stop is lived through; a longer one, or a clock set back, has to prove itself',
  async (t) => {
    t.strictSame(started(sure, undefined, noon + day), { ...sure, trusted: noon + day, wall: noon + day })
    const late = noon + day + 1
    t.strictSame(started(sure, undefined, late), { trusted: noon, wall: late, held: 0 })
    const little = noon - hour
    t.strictSame(
      started(sure, undefined, little),
      { ...sure, trusted: little, wall: little },
      'as a time server does',
    )
    const back = noon - hour - 1
    t.strictSame(started(sure, undefined, back), { trusted: back, wall: back, held: 0 })
    const doubted = { trusted: noon - 9 * day, wall: noon, held: 5 * hour }
    t.strictSame(started(doubted, undefined, noon + hour), {
      trusted: noon - 9 * day + hour,
      wall: noon + hour,
      held: 5 * hour,
    })
  },
)

t.test('a clock that runs on without a jump for a day is believed', async (t) => {
  let clock = started(undefined, noon - 90 * day, noon)
  for (let hours = 1; hours < 24; hours += 1) {
    clock = ticked(clock, noon + hours * hour, hour)
    t.equal(clock.trusted, noon - 90 * day + hours * hour, 'until then only what was lived through counts')
  }
  clock = ticked(clock, noon + day, hour)
  t.strictSame(clock, { trusted: noon + day, wall: noon + day, held: confirmedAfter })
})

t.test('a jump begins the day anew, and the time that is trusted never goes beyond the clock', async (t) => {
  t.strictSame(ticked(sure, noon + 2 * hour, hour), {
    ...sure,
    trusted: noon + 2 * hour,
    wall: noon + 2 * hour,
    held: confirmedAfter + hour,
  })
  const leapt = ticked(sure, noon + 91 * day, hour)
  t.strictSame(leapt, { trusted: noon + hour, wall: noon + 91 * day, held: 0 })
  const back = ticked(leapt, noon - 40 * 365 * day, hour)
  t.strictSame(back, { trusted: noon - 40 * 365 * day, wall: noon - 40 * 365 * day, held: 0 })
})
