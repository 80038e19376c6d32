import t from 'tap'
import type { Point } from '../../../collectors/memory/slope.ts'
import { addHigh, addPoint, forecast } from '../../../collectors/memory/slope.ts'

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
    // Over the last of them no more than three hours are left.
    const slope = Math.max(30 / looks, 0.1)
    const points = course((minute) => 60 + slope * minute + noise(), looks)
    const due = ((100 - 60) / slope) * 60
    const it = forecast(points, 100)
    t.ok(it && Math.abs(it.at - due) < 0.2 * due, `${looks} looks: ${it?.at} of ${due}`)
    t.ok(points.length <= 24)
  }
})

t.test('the last minutes and the last days are both remembered, and the highest of each day', async (t) => {
  let points: Point[] = []
  let highs: Point[] = []
  for (let second = 0; second <= 12 * 86_400; second += 30) {
    const point = [second, second === 5 * 86_400 + 60 ? 99 : 50] as const
    points = addPoint(points, point)
    highs = addHigh(highs, point)
  }
  const ages = points.map(([second]) => 12 * 86_400 - second)
  t.ok(points.length <= 24)
  for (const [from, to] of [
    [0, 60],
    [60, 600],
    [600, 7200],
    [7200, 86_400],
    [86_400, 9 * 86_400],
  ] as const)
    t.ok(ages.filter((it) => it >= from && it < to).length >= 2, `${from} to ${to} s: ${ages}`)
  t.equal(Math.max(...highs.map(([, value]) => value)), 99, 'a peak of last week')
  t.equal(highs.length, 8, 'and nothing older')
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

t.test(
  'what breathes by the day and by the week is not foreseen, but what grows beyond that is',
  async (t) => {
    const days = 16
    const look = 30
    // From the smallest hours on, when a morning's rise is all that was ever seen.
    const breath = (second: number) =>
      (0.5 - 0.5 * Math.cos((second / 86_400) * 2 * Math.PI)) *
      (Math.floor(second / 86_400) % 7 >= 5 ? 0.4 : 1)
    const told = (value: (second: number) => number, from: number) => {
      let points: Point[] = []
      let highs: Point[] = []
      let first: number | undefined
      for (let second = 0; second < days * 86_400 && first === undefined; second += look) {
        const point = [second, value(second)] as const
        points = addPoint(points, point)
        highs = addHigh(highs, point)
        if (second % 600 === 0 && second >= from && point[1] >= 60 && forecast(points, 100, highs))
          first = second
      }
      return first
    }
    t.equal(
      told((second) => 40 + 35 * breath(second) + noise(), 0),
      undefined,
      'a load of every day',
    )
    const end = (100 - 44) / 6
    const leak =
      (told((second) => 40 + 4 * breath(second) + (6 * second) / 86_400 + noise(), 0) ?? 0) / 86_400
    t.ok(leak > 2 && leak < end - 2, `a leak beneath a breath, told after ${leak} days of ${end}`)
  },
)
