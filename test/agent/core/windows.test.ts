import t from 'tap'
import {
  lastQuietEnd,
  maintenanceAt,
  passesAt,
  passesIn,
  quietAt,
  stretches,
  weeklyAround,
} from '../../../agent/core/windows.ts'
import type { QuietWindow } from '../../../agent/model/index.ts'

const hour = 3_600_000
const every = [0, 1, 2, 3, 4, 5, 6]
const at = (text: string) => Date.parse(text)
const iso = (time: number | undefined) =>
  time === undefined ? '' : new Date(time).toISOString().slice(0, 16)
const night: QuietWindow = {
  ...{ days: every, from: 22 * hour, to: 7 * hour, zone: 'Europe/Berlin', passes: 'critical' },
}
const between = (from: string, to: string, it = night) =>
  stretches(it, at(from), at(to)).map(({ since, until }) => [iso(since), iso(until)])

t.test('a night belongs to the day on which it begins', async (t) => {
  t.strictSame(between('2026-11-30T12:00Z', '2026-12-01T12:00Z'), [['2026-11-30T21:00', '2026-12-01T06:00']])
  const friday = { ...night, days: [5] }
  t.strictSame(
    between('2026-11-30T00:00Z', '2026-12-07T00:00Z', friday),
    [['2026-12-04T21:00', '2026-12-05T06:00']],
    'of Friday until Saturday',
  )
  const day = { ...night, from: 0, to: 24 * hour, days: [0] }
  t.strictSame(between('2026-11-30T00:00Z', '2026-12-07T00:00Z', day), [
    ['2026-12-05T23:00', '2026-12-06T23:00'],
  ])
})

t.test('when the clocks change a night is an hour shorter or longer, and has one end', async (t) => {
  t.strictSame(between('2026-03-28T12:00Z', '2026-03-29T12:00Z'), [['2026-03-28T21:00', '2026-03-29T05:00']])
  t.strictSame(between('2026-10-24T12:00Z', '2026-10-25T12:00Z'), [['2026-10-24T20:00', '2026-10-25T06:00']])
  const twice = { ...night, to: 2.5 * hour }
  t.strictSame(
    between('2026-10-24T12:00Z', '2026-10-25T12:00Z', twice),
    [['2026-10-24T20:00', '2026-10-25T01:30']],
    'until half past two has come for the last time',
  )
  const never = { ...night, to: 2.5 * hour }
  t.strictSame(
    between('2026-03-28T12:00Z', '2026-03-29T12:00Z', never),
    [['2026-03-28T21:00', '2026-03-29T01:00']],
    'half past two is left out',
  )
  const within = { ...night, from: 2.25 * hour, to: 2.75 * hour }
  t.strictSame(between('2026-03-28T12:00Z', '2026-03-29T12:00Z', within), [], 'all of it is left out')
  for (let it = at('2026-10-24T20:00Z'); it < at('2026-10-25T01:30Z'); it += 600_000)
    if (!quietAt([twice], it)) t.fail(`it is quiet at ${iso(it)}`)
})

t.test('whether it is quiet, until when, and what passes', async (t) => {
  t.equal(quietAt([night], at('2026-11-30T20:59Z')), undefined)
  t.match(quietAt([night], at('2026-11-30T21:00Z')), { until: at('2026-12-01T06:00Z'), passes: 'critical' })
  t.match(quietAt([night], at('2026-12-01T05:59Z')), { since: at('2026-11-30T21:00Z') })
  t.equal(quietAt([night], at('2026-12-01T06:00Z')), undefined, 'the end is not in it')
  const morning: QuietWindow = { ...night, from: 7 * hour, to: 9 * hour, passes: 'warning' }
  t.equal(iso(quietAt([night, morning], at('2026-12-01T05:00Z'))?.until), '2026-12-01T08:00', 'and on')
  const strict: QuietWindow = { ...night, passes: 'nothing' }
  t.equal(quietAt([morning, night, strict], at('2026-12-01T05:00Z'))?.passes, 'nothing')
  const always: QuietWindow = { ...night, from: 0, to: 24 * hour }
  const now = at('2026-12-01T05:00Z')
  t.equal((quietAt([always], now)?.until ?? 0) - now, 7 * 24 * hour, 'no longer than a week')
  for (let it = at('2026-10-24T12:00Z'); it < at('2026-10-26T12:00Z'); it += 600_000)
    t.equal(passesAt([night, morning], it), quietAt([night, morning], it)?.passes, iso(it))
  t.equal(passesIn({ passes: 'critical' }, 'critical'), true)
  t.equal(passesIn({ passes: 'critical' }, 'warning'), false)
  t.equal(passesIn({ passes: 'warning' }, 'info'), false)
  t.equal(passesIn({ passes: 'nothing' }, 'critical'), false)
})

t.test('when it was quiet last', async (t) => {
  t.equal(iso(lastQuietEnd([night], at('2026-12-01T06:00Z'))), '2026-12-01T06:00')
  t.equal(iso(lastQuietEnd([night], at('2026-12-01T20:00Z'))), '2026-12-01T06:00')
  const morning: QuietWindow = { ...night, from: 7 * hour, to: 9 * hour }
  t.equal(iso(lastQuietEnd([night, morning], at('2026-12-01T20:00Z'))), '2026-12-01T08:00')
  t.equal(lastQuietEnd([{ ...night, days: [6] }], at('2026-12-03T20:00Z')), undefined, 'too long ago')
})

t.test('maintenance is a silence that comes again', async (t) => {
  const sunday = {
    days: [0],
    from: 2 * hour,
    to: 4 * hour,
    zone: 'Europe/Berlin',
    what: 'certs',
    why: 'renewal',
  }
  const [one, ...others] = maintenanceAt([sunday], at('2026-11-29T02:00Z'))
  t.match(one, { what: 'certs', why: 'maintenance: renewal', recurs: true })
  t.strictSame([iso(one?.since), iso(one?.until)], ['2026-11-29T01:00', '2026-11-29T03:00'])
  t.strictSame(others, [])
  t.equal(
    maintenanceAt([sunday], at('2026-11-30T00:00Z')).length,
    1,
    'what was over in it must not be told later',
  )
  t.equal(maintenanceAt([sunday], at('2026-11-28T00:00Z')).length, 0)
  const ids = maintenanceAt([{ ...sunday, days: every }], at('2026-11-29T02:00Z')).map((it) => it.id)
  t.equal(new Set(ids).size, ids.length)
})

t.test('when a week is over', async (t) => {
  const monday = { weekday: 1, at: 9 * hour, zone: 'Europe/Berlin' }
  const around = (text: string) => {
    const { last, next } = weeklyAround(monday, at(text))
    return [iso(last), iso(next)]
  }
  t.strictSame(around('2026-11-30T07:59Z'), ['2026-11-23T08:00', '2026-11-30T08:00'])
  t.strictSame(around('2026-11-30T08:00Z'), ['2026-11-30T08:00', '2026-12-07T08:00'])
  t.strictSame(around('2026-10-26T09:00Z'), ['2026-10-26T08:00', '2026-11-02T08:00'], 'in winter')
  t.strictSame(around('2026-10-24T09:00Z'), ['2026-10-19T07:00', '2026-10-26T08:00'], 'over the change')
})

t.test('what the calendar of a zone says is asked once, and not every second', async (t) => {
  const { formatToParts } = Intl.DateTimeFormat.prototype
  let asked = 0
  Intl.DateTimeFormat.prototype.formatToParts = function (...of) {
    asked += 1
    return formatToParts.apply(this, of)
  }
  t.teardown(() => {
    Intl.DateTimeFormat.prototype.formatToParts = formatToParts
  })
  const monday = { weekday: 1, at: 9 * hour, zone: 'Europe/Berlin' }
  const now = at('2026-12-09T12:00Z')
  for (let it = now; it < now + 1000 * 60; it += 1000) {
    quietAt([night], it)
    passesAt([night], it)
    lastQuietEnd([night], it)
    maintenanceAt([{ ...night, what: 'all' }], it)
    weeklyAround(monday, it)
  }
  t.ok(asked < 500, `${asked} times`)
  const before = asked
  quietAt([{ ...night, zone: 'America/New_York' }], now)
  t.ok(asked > before, 'another zone is another')
})
