import t from 'tap'
import { budgetOf, budgetSpan, recentRings } from '../../../../agent/core/plan/budget.ts'
import type { Finding, NotificationRecord } from '../../../../agent/model/index.ts'
import { finding } from '../../findings.ts'
import { lockout, rings, sinkWith } from './sink.ts'

const second = 1000
const minute = 60 * second
const other = (at: number, which: number, severity: Finding['severity'] = 'warning') =>
  finding({ code: `other.${which}`, since: at, severity })

t.test('six new messages in ten minutes, whatever happens; nothing is lost', async (t) => {
  const all = Array.from({ length: 40 }, (_, which) => other(which * 5 * second, which))
  const it = sinkWith()
  const heard: string[] = []
  for (let now = 0; now < budgetSpan; now += 5 * second)
    heard.push(
      ...it.hear(
        all.filter(({ since }) => since <= now),
        now,
      ),
    )
  t.strictSame(rings(heard), ['opened', 'opened', 'opened', '1 opened'])
  t.match(heard.at(-1), /^37 grew/)
  t.equal(it.told().length, 40)
  t.strictSame(
    it.hear([...all, lockout(4 * minute)], 4 * minute),
    ['opened'],
    'in the middle of it, as itself',
  )
})

t.test('so many critical ones that not all can be themselves', async (t) => {
  const it = sinkWith()
  const all = Array.from({ length: 12 }, (_, which) => other(1000, which, 'critical'))
  const heard = it.hear(all, 1000)
  t.strictSame(heard, ['opened', 'opened', 'opened', 'opened', 'opened', '7 opened'])
  t.match(it.hear([...all, lockout(2000)], 2000), [/^8 grew/])
  t.strictSame(
    rings(it.hear([...all, lockout(2000), other(11 * minute, 20)], 11 * minute)),
    ['8 worse', 'opened'],
    'what joined in silence rings as soon as it may',
  )
})

t.test('the rest rings once more when something graver joins it, and no more', async (t) => {
  const it = sinkWith()
  const all = Array.from({ length: 9 }, (_, which) => other(1000, which))
  t.strictSame(it.hear(all, 1000), ['opened', 'opened', 'opened', '6 opened'])
  const grave = [20, 21, 22, 23].map((which) => other(2000, which, 'critical'))
  t.match(it.hear([...all, ...grave], 2000), ['opened', '9 worse'])
  t.match(it.hear([...all, ...grave, other(3000, 30, 'critical')], 3000), [/^10 grew/])
})

t.test('what got worse is at least edited, and reminders wait', async (t) => {
  const it = sinkWith({ remind: 10_000 })
  const all = Array.from({ length: 4 }, (_, which) => other(1000, which))
  it.hear(all, 1000)
  const worse = all.map((one) => ({ ...one, severity: 'critical' as const }))
  const heard = it.hear(worse, 2000)
  t.strictSame(new Set(rings(heard)), new Set(['worse', '1 worse']), heard.join())
  t.equal(heard.length, 4)
  t.strictSame(it.hear(worse, 12_000), [])
  t.not(it.hear(worse, 1000 + budgetSpan).length, 0)
})

t.test('how much is left', async (t) => {
  const record = (rang: readonly number[]): NotificationRecord => ({
    incident: 'x',
    severity: 'warning',
    findings: [],
    at: 0,
    reminded: 0,
    rang,
  })
  const left = (rang: readonly number[]) => budgetOf([record(rang)], 6, budgetSpan)
  t.equal(left([1, 2]).take('warning'), true)
  t.equal(left([1, 2, 3]).take('warning'), false)
  t.equal(left([0, 1, 2, 3]).take('critical'), true, 'the one of ten minutes ago counts no more')
  const last = left([1, 2, 3, 4])
  t.strictSame(
    [last.take('critical'), last.take('critical'), last.takeForRest(), last.takeForRest()],
    [true, false, true, false],
  )
  t.equal(budgetOf([record([1, 2, 3, 4, 5, 6, 7])], undefined, 10).take('info'), true)
  t.strictSame(recentRings([1, budgetSpan + 6], 6), [1], 'a clock that was set back')
})
