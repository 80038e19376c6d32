import t from 'tap'
import { incidents } from '../../../../agent/core/cascade.ts'
import {
  type Asking,
  askingFor,
  budgetOf,
  budgetSpan,
  recentRings,
  restGap,
} from '../../../../agent/core/plan/budget.ts'
import { isUrgent } from '../../../../agent/core/plan.ts'
import type { Finding, Incident, NotificationRecord } from '../../../../agent/model/index.ts'
import { finding } from '../../findings.ts'
import { lockout, rings, rules, sinkWith } from './sink.ts'

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

t.test('so many critical ones that not all can be themselves: the last is for what is urgent', async (t) => {
  const it = sinkWith()
  const all = Array.from({ length: 12 }, (_, which) => other(1000, which, 'critical'))
  t.strictSame(it.hear(all, 1000), ['opened', 'opened', 'opened', 'opened', '8 opened'])
  t.strictSame(it.hear([...all, lockout(2000)], 2000), ['opened'], 'SSH is never behind them')
  const more = [...all, lockout(2000), other(3000, 20, 'critical')]
  const [notice] = it.due(more, 3000)
  t.match(notice, { kind: 'several', change: 'grew', urgent: true })
  t.ok(notice && isUrgent(notice), 'without a sound, it goes before all others')
  t.match(it.hear(more, 3000), [/^9 grew/])
  t.strictSame(it.due(more, 4000), [])
  t.strictSame(
    rings(it.hear([...more, other(11 * minute, 21)], 11 * minute)),
    ['9 worse', 'opened'],
    'what joined in silence rings as soon as it may',
  )
})

t.test(
  'what joined in silence and has passed since then rings once all the same, unless all is over',
  async (t) => {
    const flood = [0, 1, 2, 3].map((which) => other(0, which, 'critical'))
    const ringsOf = (resolved: number, rest: number = 60 * minute) => {
      const it = sinkWith()
      const at = (now: number, one: Finding, end: number) => (now < end ? one : { ...one, resolved: end })
      const all = (now: number) => [...flood, at(now, other(0, 5), rest)]
      t.equal(it.hear(all(0), 0).length, 5)
      t.match(it.hear([...all(minute), other(minute, 20)], minute), [/^2 grew/])
      const heard: string[] = []
      for (let now = 2 * minute; now < 30 * minute; now += 10 * second)
        heard.push(...it.hear([...all(now), at(now, other(minute, 20), resolved)], now))
      return rings(heard)
    }
    t.strictSame(ringsOf(60 * minute), ['2 worse'])
    t.strictSame(ringsOf(4 * minute), ['2 worse'])
    t.strictSame(ringsOf(4 * minute, 5 * minute), [])
  },
)

t.test('kills use up nothing that a broken network, ufw or a lockout needs', async (t) => {
  const it = sinkWith()
  const kill = (which: number) =>
    finding({
      code: 'memory.oom-killed',
      subject: `shop/db-${which}`,
      since: which * 40 * second,
      severity: 'critical',
    })
  const kills = Array.from({ length: 9 }, (_, which) => kill(which))
  const heard: string[] = []
  for (const { since } of kills)
    heard.push(
      ...it.hear(
        kills.filter((one) => one.since <= since),
        since,
      ),
    )
  t.strictSame(rings(heard), ['opened', 'opened', 'opened', '1 opened'], heard.join())
  const at = 6 * minute
  const overlay = other(at, 1, 'critical')
  t.strictSame(it.hear([...kills, overlay], at), ['opened'])
  t.strictSame(it.hear([...kills, overlay, lockout(at + second)], at + second), ['opened'])
})

t.test('what is critical and of another kind makes the rest ring, once in two minutes', async (t) => {
  const it = sinkWith({ most: 7 })
  const all = Array.from({ length: 9 }, (_, which) => other(which, which, which < 6 ? 'critical' : 'warning'))
  t.strictSame(it.hear(all, 10), ['opened', 'opened', 'opened', 'opened', 'opened', '4 opened'])
  const one = [...all, other(second, 20, 'critical')]
  t.match(it.hear(one, second), [/^5 grew/])
  t.strictSame(it.hear(one, restGap), [])
  t.strictSame(it.hear(one, restGap + 10), ['5 worse'], 'as soon as it may')
  t.strictSame(it.hear(one, 2 * restGap + 10), [])
})

t.test('there is only more of it: edited once in thirty seconds', async (t) => {
  const all = Array.from({ length: 40 }, (_, which) => other(which * second, which))
  const it = sinkWith()
  const heard: string[] = []
  for (let now = 0; now < 2 * minute; now += second)
    heard.push(
      ...it.hear(
        all.filter(({ since }) => since <= now),
        now,
      ),
    )
  t.strictSame(
    heard.map((one) => one.replace(/ of .*/, '')),
    ['opened', 'opened', 'opened', '1 opened', '31 grew', '37 grew'],
  )
  const over = all.map((one, which) => (which === 39 ? { ...one, resolved: 2 * minute } : one))
  t.match(it.hear(over, 2 * minute), [/^37 grew/], 'an end is told at once')
})

t.test('the rest rings once more when something graver joins it, and no more', async (t) => {
  const it = sinkWith()
  const all = Array.from({ length: 9 }, (_, which) => other(1000, which))
  t.strictSame(it.hear(all, 1000), ['opened', 'opened', 'opened', '6 opened'])
  const grave = [20, 21, 22, 23].map((which) => other(2000, which, 'critical'))
  t.match(it.hear([...all, ...grave], 2000), ['opened', '9 worse'])
  const more = [...all, ...grave, other(3000, 30, 'critical')]
  t.match(it.hear(more, 3000), [/^10 grew/], 'at once, though it was edited just now')
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
  const record = (rang: readonly number[], its: Partial<NotificationRecord> = {}): NotificationRecord => ({
    ...{ incident: 'x', severity: 'warning', findings: [], at: 0, reminded: 0, rang },
    ...its,
  })
  const mild = { severity: 'warning', codes: [], urgent: false } as const
  const grave = (code: string) => ({ severity: 'critical', codes: [code], urgent: false }) as const
  const urgent = { ...grave('a'), urgent: true }
  const left = (rang: readonly number[], ...more: readonly NotificationRecord[]) =>
    budgetOf([record(rang), ...more], 6, budgetSpan)
  t.equal(left([1, 2]).take(mild), true)
  t.equal(left([1, 2, 3]).take(mild), false)
  t.equal(left([0, 1, 2, 3]).take(grave('a')), true, 'the one of ten minutes ago counts no more')
  const last = left([1, 2, 3])
  t.strictSame(
    [last.take(grave('a')), last.take(grave('b')), last.take(urgent), last.take(urgent)],
    [true, false, true, false],
  )
  t.strictSame([last.takeForRest(), last.takeForRest()], [true, false])

  const critical = (code: string) => record([5], { incident: `${code}|node|5`, severity: 'critical' })
  t.equal(left([1, 2], critical('a')).take(grave('a')), false, 'of a kind that has rung, it is as any other')
  t.equal(left([1, 2], critical('a')).take(grave('b')), true)
  t.equal(left([1], critical('a'), critical('b')).take(mild), true, 'what is critical had its own by then')

  const rest = (severity: 'warning' | 'critical', at: number) =>
    record([at], { group: { id: 'rest x', of: 'rest' }, severity })
  const again = (severity: 'warning' | 'critical', at: number, it: Asking) =>
    left([1, 2, 3], rest(severity, at)).takeAgain(it)
  t.equal(again('warning', budgetSpan - 1, grave('a')), true, 'graver')
  t.equal(again('critical', budgetSpan - 1, grave('a')), false, 'too soon')
  t.equal(again('critical', budgetSpan - 1, urgent), true)
  t.equal(again('critical', budgetSpan - restGap, grave('a')), true)
  t.equal(again('warning', budgetSpan - restGap, mild), false, 'not what something critical may need')

  t.equal(budgetOf([record([1, 2, 3, 4, 5, 6, 7])], undefined, 10).take(mild), true)
  t.strictSame(recentRings([1, budgetSpan + 6], 6), [1], 'a clock that was set back')
})

t.test('what a message is wanted for', async (t) => {
  const [it] = incidents([lockout(1)], rules, 1) as [Incident]
  const last = (its: Partial<NotificationRecord> = {}): NotificationRecord => ({
    ...{ incident: it.id, severity: 'critical', findings: [it.id], at: 1, reminded: 1 },
    ...its,
  })
  t.strictSame(askingFor([{ incident: it }], 1), {
    severity: 'critical',
    codes: ['firewall.lockout'],
    urgent: true,
  })
  t.match(askingFor([{ incident: it, last: last() }], 1), { urgent: false }, 'its steps were told')
  t.match(askingFor([{ incident: it, last: last({ quiet: true }) }], 1), { urgent: true }, 'without a sound')
  t.match(askingFor([{ incident: it, last: last({ resolved: 1 }) }], 1), { urgent: true }, 'of the last time')
  const [pending] = incidents([{ ...lockout(1), notifyAt: 9 }], rules, 1) as [Incident]
  t.match(askingFor([{ incident: pending }], 1), { urgent: false }, 'not sure yet')
})
