import t from 'tap'
import type { Point } from '../../../collectors/memory/slope.ts'
import { addPoint, forecast } from '../../../collectors/memory/slope.ts'

/** A look every half minute. */
const course = (value: (minute: number) => number, looks: number) =>
  Array.from({ length: looks }, (_, at) => at).reduce<Point[]>(
    (points, at) => addPoint(points, [at * 30, value(at / 2)]),
    [],
  )
let seed = 3
const noise = () => {
  seed = (seed * 48_271) % 2_147_483_647
  return seed / 2_147_483_647 - 0.5
}

t.test('a steady leak is foreseen, at its true time', async (t) => {
  for (const looks of [6, 12, 40, 500]) {
    const slope = 30 / looks
    const points = course((minute) => 60 + slope * minute + noise(), looks)
    const due = ((100 - 60) / slope) * 60
    const it = forecast(points, 100)
    t.ok(it && Math.abs(it.at - due) < 0.2 * due, `${looks} looks: ${it?.at} of ${due}`)
    t.ok(points.length <= 24)
  }
})

t.test('a jump or a dip among them does not mislead it', async (t) => {
  const points = course((minute) => 60 + minute + (minute === 4 ? 15 : 0), 30).filter((it) => it[1] <= 76)
  const it = forecast(points, 100)
  t.ok(it && Math.abs(it.at - 2400) < 480, `${it?.at}`)
})

t.test('what comes and goes, stands still or shrinks is not foreseen', async (t) => {
  t.equal(
    forecast(
      course(() => 90, 40),
      100,
    ),
    undefined,
  )
  t.equal(
    forecast(
      course((minute) => 90 - minute, 40),
      100,
    ),
    undefined,
  )
  t.equal(
    forecast(
      course(() => 80 + noise() * 6, 40),
      100,
    ),
    undefined,
  )
  for (const period of [3, 5, 7, 12])
    for (let looks = period * 2 + 4; looks < 300; looks += 1) {
      const it = forecast(
        course((minute) => 40 + ((minute % period) * 45) / period, looks),
        100,
      )
      if (it) t.fail(`a saw of ${period} min after ${looks} looks: ${JSON.stringify(it)}`)
    }
  t.equal(
    forecast(
      course((minute) => 60 + minute, 4),
      100,
    ),
    undefined,
    'too few',
  )
  t.equal(
    forecast(
      course((minute) => 10 + minute / 10, 60),
      100,
    ),
    undefined,
    'too far',
  )
})
