import t from 'tap'
import { incidents } from '../../../agent/core/cascade.ts'
import { weeklyDue, weeklyNotice, weeklyRecord } from '../../../agent/core/weekly.ts'
import { finding, rule } from '../findings.ts'

const hour = 3_600_000
const day = 24 * hour
const at = (text: string) => Date.parse(text)
const monday = { weekday: 1, at: 9 * hour, zone: 'UTC' }
const due = at('2026-11-30T09:00Z')

t.test('it is due once a week, and late rather than twice', async (t) => {
  t.equal(weeklyDue(undefined, [], 0, due), undefined, 'only for who wants it')
  t.equal(weeklyDue(monday, [], 0, due), due)
  t.equal(weeklyDue(monday, [], 0, due + 2 * day), due, 'after two days without a network')
  t.equal(weeklyDue(monday, [], 0, due + 3 * day), undefined, 'no longer')
  t.equal(weeklyDue(monday, [], due, due + hour), undefined, 'not for a sink that is new since then')
  t.equal(weeklyDue(monday, [weeklyRecord(due + hour)], 0, due + 2 * hour), undefined, 'it was taken')
  t.equal(weeklyDue(monday, [weeklyRecord(due + hour)], 0, due + 7 * day), due + 7 * day)
})

t.test('what is in it', async (t) => {
  const rules = { 'a.b': rule(), 'c.d': rule(), 'e.f': rule() }
  const now = due + hour
  const all = incidents(
    [
      finding({ code: 'a.b', subject: 'old', since: due - 9 * day, resolved: due - 8 * day }),
      finding({ code: 'a.b', subject: 'over', since: due - 9 * day, resolved: due - 6 * day }),
      finding({ code: 'a.b', subject: 'open', since: due - 60 * day }),
      finding({ code: 'c.d', subject: 'mild', since: due - day, severity: 'info' }),
      finding({ code: 'e.f', subject: 'passing', since: due - day, notifyAt: due, resolved: due - 1 }),
    ],
    rules,
    now,
  )
  const deadlines = [
    { what: 'disk of /', at: now + 59 * day, confidence: 'likely' as const },
    { what: 'certificates', at: now + 30 * day },
    { what: 'pod addresses', at: now + 61 * day },
  ]
  const week = { incidents: all, deadlines, unseen: ['memory'], versions: 'Murphy 1' }
  const notice = weeklyNotice(week, 'warning', due, 'node1', now)
  if (notice.kind !== 'weekly') throw new Error(notice.kind)
  t.strictSame(
    notice.incidents.map(({ cause }) => cause.subject),
    ['open', 'over'],
  )
  t.strictSame(
    notice.deadlines.map(({ what }) => what),
    ['certificates', 'disk of /'],
  )
  t.match(notice, { from: due - 7 * day, unseen: ['memory'], versions: 'Murphy 1', node: 'node1' })
  t.equal(weeklyNotice(week, 'warning', due, 'node1', now + hour).id, notice.id, 'the same however late')
})
