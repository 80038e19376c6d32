import t from 'tap'
import { forecast, median, robustLine } from '../../../collectors/node/forecast.ts'

const hour = 3600_000
const day = 24 * hour
const now = Date.parse('2026-11-23T00:00:00Z')
/** Hourly values of the last `hours`, oldest first. */
const hourly = (hours: number, value: (at: number) => number) =>
  Array.from({ length: hours }, (_, at) => ({ at: now - (hours - at) * hour, value: value(at) }))
/** Repeatable noise between -1 and 1. */
const noise = (at: number) => Math.sin(at * 12.9898) * Math.cos(at * 78.233)

t.test('a steady rise: when, how fast, how sure', (t) => {
  const it = forecast(
    hourly(72, (at) => 1000 + 100 * at),
    20_000,
    now,
  )
  t.equal(it?.confidence, 'likely')
  t.equal(Math.round(it?.daily ?? 0), 2400)
  t.equal(Math.round(((it?.at ?? 0) - now) / hour), (20_000 - 1000 - 7200) / 100)
  t.end()
})

t.test('noise, outliers and gaps hardly move it', (t) => {
  const clean = forecast(
    hourly(96, (at) => 500 + 50 * at),
    10_000,
    now,
  )
  const dirty = hourly(96, (at) => 500 + 50 * at + 100 * noise(at) + (at % 17 === 0 ? 30_000 : 0))
  const it = forecast(
    dirty.filter((_, at) => at < 30 || at > 50),
    10_000,
    now,
  )
  t.ok(Math.abs((it?.at ?? 0) - (clean?.at ?? 0)) < 6 * hour)
  t.end()
})

t.test('what is no growth', (t) => {
  const none = (value: (at: number) => number, why: string) =>
    t.equal(forecast(hourly(168, value), 50_000, now), undefined, why)
  none(() => 4000, 'level')
  none((at) => 9000 - 10 * at, 'falling')
  none((at) => 4000 + 2000 * Math.sin(at / 4), 'ups and downs')
  none((at) => (at < 80 ? 2000 : 6000), 'one rollout')
  none((at) => 4000 + 500 * noise(at), 'churn')
  none((at) => 4000 + 0.01 * at, 'so slow that it cannot be told')
  t.end()
})

t.test('too little to tell from', (t) => {
  t.equal(forecast([], 1, now), undefined)
  t.equal(
    forecast(
      hourly(7, (at) => at),
      100,
      now,
    ),
    undefined,
  )
  const minutes = Array.from({ length: 20 }, (_, at) => ({ at: now - (20 - at) * 60_000, value: at }))
  t.equal(forecast(minutes, 30, now), undefined, 'twenty minutes')
  t.equal(forecast(minutes, 30, now, { least: 600_000 })?.confidence, 'rough', 'unless that is enough')
  t.equal(
    forecast(
      hourly(30, (at) => at),
      30 + 24 * 8,
      now,
    )?.confidence,
    'rough',
    'eight days ahead from one day of growth',
  )
  t.equal(
    forecast(
      hourly(30, (at) => at),
      10,
      now,
    )?.at,
    now,
    'it is there already',
  )
  t.end()
})

t.test('thousands of points of the store, coarse and fine, in no time', (t) => {
  const points = [
    ...Array.from({ length: 144 }, (_, at) => ({ at: now - 7 * day + at * hour, value: at })),
    ...Array.from({ length: 17_280 }, (_, at) => ({ at: now - day + at * 5000, value: 144 + at / 720 })),
  ]
  const begun = process.cpuUsage()
  const it = forecast(points, 240, now)
  t.ok(process.cpuUsage(begun).user < 400_000, 'microseconds of its own')
  t.equal(Math.round(((it?.at ?? 0) - now) / hour), 72)
  t.end()
})

t.test('the robust line, and the median', (t) => {
  const points = Array.from({ length: 20 }, (_, at) => ({ at, value: 3 * at + 5 + (at % 5 === 2 ? 40 : 0) }))
  const line = robustLine(points)
  t.equal(line?.slope, 3, 'a fifth of the points being off does not move it')
  t.equal(line?.level, 62)
  t.ok(line && line.tau > 0.5 && line.tau < 1)
  t.equal(robustLine(points.map(({ at }) => ({ at, value: -at })))?.tau, -1)
  t.equal(robustLine(points.slice(0, 1)), undefined)
  t.equal(robustLine([]), undefined)
  t.strictSame([median([]), median([3, 1, 2]), median([4, 1, 2, 3])], [0, 2, 2.5])
  t.end()
})
