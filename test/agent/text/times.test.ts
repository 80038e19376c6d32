import t from 'tap'
import {
  clock,
  clockUtc,
  date,
  exactMoment,
  iso,
  messageClock,
  moment,
  timeOfDay,
  timestamp,
} from '../../../agent/text/times.ts'

const at = Date.parse('2027-11-23T00:12:31Z')

t.test('dates and times of day', async (t) => {
  t.equal(moment(at), '2027-11-23 00:12 UTC')
  t.equal(exactMoment(0), '1970-01-01 00:00:00 UTC')
  t.equal(date(at), '2027-11-23')
  t.equal(timeOfDay(at), '00:12:31 UTC')
})

t.test('beside another time, the day where it differs', async (t) => {
  t.equal(clock(at, at), '00:12')
  t.equal(clock(at - 3600_000, at), '2027-11-22 23:12', 'the day before')
  t.equal(clockUtc(at, at), '00:12 UTC')
  t.equal(clockUtc(at - 86_400_000, at), '2027-11-22 00:12 UTC')
})

t.test('in a message', async (t) => {
  const since = Date.parse('2026-03-05T03:12:07Z')
  t.equal(messageClock(since, since + 60_000), '03:12 UTC')
  t.equal(messageClock(since, since + 24 * 3600_000), '5 Mar 03:12 UTC')
  t.equal(messageClock(since, since + 365 * 24 * 3600_000), '5 Mar 2026 03:12 UTC')
  t.equal(messageClock(Number.NaN, since), 'an unknown time')
  t.equal(messageClock(1e300, since), 'an unknown time')
})

t.test('a time for JSON is ISO 8601, or nothing', async (t) => {
  t.equal(timestamp(Date.parse('2027-11-23T00:12:05Z')), '2027-11-23T00:12:05.000Z')
  t.equal(timestamp(Number.NaN), null)
  t.equal(iso(Date.parse('2027-11-23T00:12:05Z')), '2027-11-23T00:12:05.000Z')
  t.throws(() => iso(Number.NaN), RangeError)
  t.equal(timestamp(1e300), null)
  t.equal(iso(0), '1970-01-01T00:00:00.000Z')
  t.throws(() => iso(1e300), RangeError)
})
