import t from 'tap'
import { shownAt, timeOfClock, weekdayOf, whenShown } from '../../../agent/text/wall-clock.ts'

const at = (text: string) => Date.parse(text)
const shows = (zone: string, text: string) => new Date(shownAt(zone, at(text))).toISOString().slice(0, 19)
const when = (zone: string, shown: string) =>
  whenShown(zone, at(`${shown}Z`)).map((it) => new Date(it).toISOString().slice(0, 19))

t.test('what a clock shows', async (t) => {
  t.equal(shows('Europe/Berlin', '2026-01-05T12:00:00Z'), '2026-01-05T13:00:00')
  t.equal(shows('Europe/Berlin', '2026-07-05T23:30:07Z'), '2026-07-06T01:30:07')
  t.equal(shows('UTC', '2026-07-05T23:30:07Z'), '2026-07-05T23:30:07')
  t.equal(shows('America/Sao_Paulo', '2026-07-05T01:00:00Z'), '2026-07-04T22:00:00')
  t.equal(shows('Asia/Kathmandu', '2026-07-05T00:00:00Z'), '2026-07-05T05:45:00')
  t.equal(weekdayOf(shownAt('Europe/Berlin', at('2026-07-05T23:30:00Z'))), 1, 'it is Monday there')
  t.throws(() => shownAt('Nowhere/Land', 0), RangeError)
})

t.test('when it shows that: once, twice, or never', async (t) => {
  const berlin = (shown: string) => when('Europe/Berlin', shown)
  t.strictSame(berlin('2026-01-05T22:00:00'), ['2026-01-05T21:00:00', '2026-01-05T21:00:00'])
  t.strictSame(berlin('2026-03-29T01:59:59'), ['2026-03-29T00:59:59', '2026-03-29T00:59:59'])
  t.strictSame(berlin('2026-03-29T02:30:00'), ['2026-03-29T01:00:00', '2026-03-29T01:00:00'], 'left out')
  t.strictSame(berlin('2026-03-29T03:00:00'), ['2026-03-29T01:00:00', '2026-03-29T01:00:00'])
  t.strictSame(berlin('2026-10-25T02:30:00'), ['2026-10-25T00:30:00', '2026-10-25T01:30:00'], 'twice')
  t.strictSame(berlin('2026-10-25T03:00:00'), ['2026-10-25T02:00:00', '2026-10-25T02:00:00'])
  t.strictSame(
    when('Australia/Lord_Howe', '2026-04-05T01:45:00'),
    ['2026-04-04T14:45:00', '2026-04-04T15:15:00'],
    'by half an hour',
  )
  t.strictSame(when('UTC', '2026-03-29T02:30:00'), ['2026-03-29T02:30:00', '2026-03-29T02:30:00'])
})

t.test('both ways agree, in each half hour of a year in which the clock shows it', async (t) => {
  for (const zone of ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Chatham'])
    for (let it = at('2026-01-01T00:00:00Z'); it < at('2027-01-01T00:00:00Z'); it += 1_800_000) {
      const found = whenShown(zone, shownAt(zone, it))
      if (!found.includes(it)) {
        t.fail(`${zone} ${new Date(it).toISOString()}: ${found}`)
        break
      }
    }
  t.pass('checked')
})

t.test('times of a day', async (t) => {
  t.equal(timeOfClock('00:00'), 0)
  t.equal(timeOfClock('22:30'), 81_000_000)
  t.equal(timeOfClock('24:00'), 86_400_000)
  for (const it of ['24:01', '25:00', '7:00', '07:60', '', 'noon', '07:00:00'])
    t.equal(timeOfClock(it), undefined, it)
})
