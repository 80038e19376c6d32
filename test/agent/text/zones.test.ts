import t from 'tap'
import { clockIn, dateIn, isZone, momentIn, timeIn, zoneName } from '../../../agent/text/zones.ts'

const at = Date.parse('2026-11-23T23:30:05Z')
const berlin = 'Europe/Berlin'

t.test('in UTC where there is no zone', async (t) => {
  t.equal(clockIn(undefined, at, at), '23:30 UTC')
  t.equal(momentIn(undefined, at), '2026-11-23 23:30:05 UTC')
  t.equal(zoneName(undefined, at), 'UTC')
})

t.test('as the clock on the wall of the reader, the day too', async (t) => {
  t.match(clockIn(berlin, at, at), /^00:30 (CET|GMT\+1)$/)
  t.match(clockIn(berlin, at, at - 3_600_000), /^2026-11-24 00:30 (CET|GMT\+1)$/)
  t.match(momentIn(berlin, at), /^2026-11-24 00:30:05 (CET|GMT\+1)$/)
  t.equal(dateIn(berlin, at), '2026-11-24')
  t.equal(timeIn(berlin, at), '00:30')
  t.match(zoneName(berlin, Date.parse('2026-07-01')), /^(CEST|GMT\+2)$/, 'in summer it is another')
})

t.test('only zones that are known', async (t) => {
  t.equal(isZone('Asia/Kolkata'), true)
  for (const name of [':/etc/localtime', 'Mars/Base', '', '../x']) t.equal(isZone(name), false, name)
})
