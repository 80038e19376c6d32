import t from 'tap'
import {
  awaitedBy,
  type Ledger,
  resolvedKept,
  step,
  tellFrom,
  wantsALook,
  withoutOld,
  withoutOrphans,
} from '../../../agent/core/ledger.ts'
import type { Rules, Severity } from '../../../agent/model/index.ts'
import { finding, observation, rule } from '../findings.ts'

const rules = { 'a.one': rule({ pendingFor: 500 }), 'a.two': rule({ severity: 'critical' }) }

t.test('an observation becomes a finding with a history', async (t) => {
  const first = step([], { rules, observations: [observation({ code: 'a.one' })] }, 1000)
  t.match(first, [
    { id: 'a.one|node|1000', since: 1000, seen: 1000, count: 1, notifyAt: 1500, title: 'something is wrong' },
  ])
  const second = step(first, { rules, observations: [observation({ code: 'a.one', text: 'Worse.' })] }, 2000)
  t.match(second, [{ id: 'a.one|node|1000', since: 1000, seen: 2000, count: 2, text: 'Worse.' }])
  t.equal(second.length, 1)
})

t.test('what is no longer observed is over, and stays long enough to be told', async (t) => {
  const open = step([], { rules, observations: [observation({ code: 'a.one' })] }, 1000)
  const over = step(open, { rules, observations: [] }, 2000)
  t.match(over, [{ resolved: 2000 }])
  t.strictSame(
    step(over, { rules, observations: [] }, 2000 + 100 * resolvedKept),
    over,
    'whatever the clock says',
  )
  t.equal(withoutOld(over, 2000 + resolvedKept - 1), over)
  t.equal(withoutOld(over, 2000 + resolvedKept).length, 0, 'and leaves in the end')
  t.equal(withoutOld(open, 2000 + 100 * resolvedKept), open, 'what is open stays')
  const again = step(over, { rules, observations: [observation({ code: 'a.one' })] }, 3000)
  t.strictSame(
    again.map((it) => it.id),
    ['a.one|node|1000', 'a.one|node|3000'],
    'coming back is a new finding',
  )
})

t.test('evidence stands until there is other evidence', async (t) => {
  const look = (evidence?: Readonly<Record<string, number>>) => ({
    rules,
    observations: [observation({ code: 'a.two', ...(evidence && { evidence }) })],
  })
  const refused = step([], look({ status: 401 }), 1000)
  const starting = step(refused, look(), 2000)
  t.match(starting, [{ id: 'a.two|node|1000', evidence: { status: 401 }, count: 2 }])
  t.strictSame(step(starting, look({ port: 6443 }), 3000)[0]?.evidence, { port: 6443 })
})

t.test('what happened while a round read began then, and is told no later for it', async (t) => {
  const at = 1000 + 700
  const [found] = step([], { rules, observations: [observation({ code: 'a.two', at })], took: 800 }, 1000)
  t.match(found, { since: at, found: 1000, onset: { to: at }, notifyAt: 1000 })
  const far = { rules, observations: [observation({ code: 'a.two', at: 9000 })], took: 800 }
  t.match(step([], far, 1000), [{ since: 1800 }], 'never after it')
  t.match(step([], { ...far, took: undefined } as never, 1000), [{ since: 1000 }])
})

t.test('patience is over when a look has confirmed it, or none could for a while', async (t) => {
  const [once] = step([], { rules, observations: [observation({ code: 'a.one' })] }, 1000)
  if (!once) throw new Error('it was found')
  t.equal(tellFrom(once), 1500 + 15 * 60_000)
  t.notOk(wantsALook(once, 1499))
  t.ok(wantsALook(once, 1500))
  const [again] = step([once], { rules, observations: [observation({ code: 'a.one' })] }, 1500)
  t.equal(again && tellFrom(again), 1500)
  t.notOk(again && wantsALook(again, 1500))
  t.notOk(wantsALook({ ...once, resolved: 1200 }, 1500))
})

t.test('a look speaks only for its own rules', async (t) => {
  const open = step([], { rules, observations: [observation({ code: 'a.one' })] }, 1000)
  t.strictSame(step(open, { rules: { 'b.x': rule() }, observations: [] }, 2000), open)
  t.strictSame(
    step([], { rules: {}, observations: [observation({ code: 'a.one' })] }, 1),
    [],
    'nor may it speak for others',
  )
})

t.test('what could not be judged keeps its verdict, and what was seen all the same is taken', async (t) => {
  const open = step([], { rules, observations: [observation({ code: 'a.one' })] }, 1000)
  const kept = step(
    open,
    { rules, observations: [observation({ code: 'a.one', subject: 'other' })], kept: [{ code: 'a.one' }] },
    2000,
  )
  t.strictSame(
    kept.map((it) => [it.subject, it.resolved]),
    [
      ['node', undefined],
      ['other', undefined],
    ],
  )
})

t.test('an event has the time it happened, never a later one than it was seen', async (t) => {
  const [past] = step([], { rules, observations: [observation({ code: 'a.two', at: 400 })] }, 1000)
  t.equal(past?.since, 400)
  const [future] = step([], { rules, observations: [observation({ code: 'a.two', at: 4000 })] }, 1000)
  t.equal(future?.since, 1000)
})

t.test('an observation may be graver than its rule, and a subject may not be endless', async (t) => {
  const [it] = step(
    [],
    {
      rules,
      observations: [observation({ code: 'a.one', severity: 'critical', subject: 'x'.repeat(9999) })],
    },
    1,
  )
  t.equal(it?.severity, 'critical')
  t.equal(it?.subject.length, 200)
})

t.test('when it got graver is known, by the looks before and after', async (t) => {
  const at = (ledger: Ledger, now: number, severity: Severity) =>
    step(ledger, { rules, observations: [observation({ code: 'a.one', severity })] }, now)
  const first = at([], 100, 'critical')
  t.notOk(first[0]?.graver, 'found so')
  const mild = at([], 100, 'warning')
  const grave = at(at(mild, 200, 'warning'), 300, 'critical')
  t.strictSame(grave[0]?.graver, { from: 200, to: 300 })
  t.strictSame(at(grave, 400, 'critical')[0]?.graver, { from: 200, to: 300 })
  t.strictSame(at(at(grave, 400, 'warning'), 500, 'critical')[0]?.graver, { from: 400, to: 500 })
  t.equal(grave[0]?.onset.to, 100, 'it began before')
})

t.test('several events of one kind in one look are as many findings, each of its own time', async (t) => {
  const events = { 'a.two': rule({ event: true }) }
  const look = (...times: readonly number[]) => ({
    rules: events,
    observations: times.map((at) => observation({ code: 'a.two', at })),
  })
  const judged = new Map([['a.two', { at: 50_000 }]])
  const two = step([], look(10_000, 40_000), 60_000, judged)
  t.strictSame(
    two.map((it) => [it.since, it.onset]),
    [
      [10_000, { from: 10_000, to: 10_000 }],
      [40_000, { from: 40_000, to: 40_000 }],
    ],
    'whenever it was looked for',
  )
  t.equal(new Set(two.map((it) => it.id)).size, 2)
  const three = step(two, look(10_200, 40_000, 65_000), 70_000, judged)
  t.strictSame(
    three.map((it) => [it.since, it.count, it.resolved]),
    [
      [10_000, 2, undefined],
      [40_000, 2, undefined],
      [65_000, 1, undefined],
    ],
    'known by their times, which are read anew',
  )
  t.strictSame(
    step(three, look(65_000), 80_000, judged).map((it) => it.resolved),
    [80_000, 80_000, undefined],
  )
})

t.test('the same event found anew is another finding', async (t) => {
  const event = { rules, observations: [observation({ code: 'a.two', at: 400 })] }
  const over = step(step([], event, 1000), { rules, observations: [] }, 2000)
  const again = step(over, event, 3000)
  t.equal(new Set(again.map((it) => it.id)).size, 2)
})

t.test('what comes and goes too often is held, says so, and is over once it is quiet', async (t) => {
  const minute = 60_000
  const bad = { rules, observations: [observation({ code: 'a.two' })] }
  const good = { rules, observations: [] }
  let ledger = step([], bad, 0)
  for (let at = 1; at <= 3; at += 1) {
    ledger = step(ledger, good, (2 * at - 1) * minute)
    t.ok(ledger.at(-1)?.resolved, `${at}: the first times are told each`)
    ledger = step(ledger, bad, 2 * at * minute)
  }
  t.match(ledger.at(-1), { flaps: 3, text: 'Flapping: back 3 times in 1 h, now there. a.two is so.' })
  const count = ledger.length
  for (let at = 7; at < 20; at += 2) {
    ledger = step(ledger, good, at * minute)
    t.match(
      ledger.at(-1),
      { resolved: undefined, gone: true, text: /^Flapping: .* now gone\. Before: a\.two/ },
      'held, and says so',
    )
    ledger = step(ledger, bad, (at + 1) * minute)
  }
  t.equal(ledger.length, count, 'and no new finding each time')
  t.notOk(step(ledger, good, 29 * minute).at(-1)?.resolved)
  t.ok(
    step(ledger, good, 30 * minute).at(-1)?.resolved,
    'ten minutes of quiet end it, so that it rings again',
  )
})

t.test('what is over before its patience is never counts as coming and going', async (t) => {
  const minute = 60_000
  let ledger = step([], { rules, observations: [] }, 0)
  for (let at = 1; at <= 9; at += 1) {
    ledger = step(ledger, { rules, observations: [observation({ code: 'a.one' })] }, at * minute)
    t.equal(ledger.at(-1)?.flaps, undefined, `\`ufw reload\`, ${at} times within an hour`)
    ledger = step(ledger, { rules, observations: [] }, at * minute + 499)
    t.ok(ledger.every((it) => it.resolved !== undefined && tellFrom(it) > it.resolved))
  }
})

t.test('for once it need not wait: then its rule does not count', async (t) => {
  const sure = observation({ code: 'a.one', pendingFor: 0 })
  t.match(step([], { rules, observations: [sure] }, 1000), [{ notifyAt: 1000 }])
  const waiting = step([], { rules, observations: [observation({ code: 'a.one' })] }, 1000)
  t.match(step(waiting, { rules, observations: [sure] }, 1200), [{ notifyAt: 1200, seen: 1200 }])
})

t.test('a clock set back does not put off what was found before', async (t) => {
  const bad = { rules, observations: [observation({ code: 'a.one' })] }
  const [it] = step(step([], bad, 1_000_000), bad, 1000)
  t.match(it, { since: 1000, notifyAt: 1500 })
})

t.test('a round that takes long moves no end of what another saw meanwhile', async (t) => {
  const bad = { rules, observations: [observation({ code: 'a.two' })] }
  const over = step(step([], bad, 2000), { rules, observations: [] }, 3000)
  const slow = { rules: {}, observations: [], took: 2500 }
  t.match(step(over, slow, 1000), [{ since: 2000, resolved: 3000 }])
  t.match(step(over, { ...slow, took: 0 }, 1000), [{ resolved: 999 }], 'the clock was set back')
})

t.test('what flapped while the clock was ahead is over when the clock is right again', async (t) => {
  const ahead = 91 * 24 * 3600_000
  let ledger = step([], { rules, observations: [observation({ code: 'a.one' })] }, ahead)
  ledger = ledger.map((it) => ({ ...it, flaps: 4 }))
  t.equal(step(ledger, { rules, observations: [] }, 1000)[0]?.resolved, 1000)
})

t.test('what somebody still has to be told is over stays, however long that takes', async (t) => {
  const bad = { rules, observations: [observation({ code: 'a.one' })] }
  const over = step(step([], bad, 1000), { rules, observations: [] }, 2000)
  const told = [
    {
      incident: 'a.one|node|1000',
      severity: 'warning' as const,
      findings: ['a.one|node|1000'],
      at: 1,
      reminded: 1,
    },
  ]
  const late = 2000 + 2 * resolvedKept
  t.equal(withoutOld(over, late, new Set(awaitedBy(told))).length, 1)
  t.equal(withoutOld(over, late, new Set(awaitedBy(told.map((it) => ({ ...it, resolved: 9 }))))).length, 0)
})

t.test('what may lie between something open and its cause stays as long as that is open', async (t) => {
  const minute = 60_000
  const at = (found: number, resolved?: number) =>
    finding({ code: 'a.one', subject: `${found}`, found, ...(resolved !== undefined && { resolved }) })
  const [link, earlier, other] = [
    at(10 * minute, 30 * minute),
    at(0, 11 * minute),
    at(500 * minute, 900 * minute),
  ]
  const ledger = [at(0), earlier, link, at(20 * minute), other]
  const late = 900 * minute + resolvedKept
  t.strictSame(withoutOld(ledger, late), [at(0), earlier, link, at(20 * minute)])
  t.equal(withoutOld(ledger, late - 1), ledger)
  const over = ledger.map((it) => ({ ...it, resolved: it.resolved ?? 901 * minute }))
  t.equal(withoutOld(over, late + minute).length, 0)
})

t.test('a finding of which nobody speaks any more is over', async (t) => {
  const open = step(
    [],
    { rules, observations: [observation({ code: 'a.one' }), observation({ code: 'a.two' })] },
    1000,
  )
  t.strictSame(
    withoutOrphans(open, { 'a.one': rules['a.one'] }, 5).map((it) => it.resolved),
    [undefined, 5],
  )
})

t.test('what was left out by its subject is not over; the rest of its rule is', async (t) => {
  const both = [
    observation({ code: 'a.one', subject: 'evicted' }),
    observation({ code: 'a.one', subject: 'gone' }),
  ]
  const open = step([], { rules, observations: both }, 1000)
  const kept = [{ code: 'a.one', subjects: ['evicted', `${'x'.repeat(300)}`] }]
  const next = step(open, { rules, observations: [], kept }, 2000)
  t.strictSame(
    next.map((it) => [it.subject, it.resolved]),
    [
      ['evicted', undefined],
      ['gone', 2000],
    ],
  )
})

t.test('a title that is made for the finding, and what it has in common with others', async (t) => {
  const rules: Rules = { 'a.one': rule({ titleFor: ({ subject }) => `gone: ${subject}` }), 'a.two': rule() }
  const seen = step([], { rules, observations: [observation({ code: 'a.one', subject: 'x' })] }, 1)
  t.match(seen, [{ title: 'gone: x', kind: 'something is wrong' }])
  const later = step(seen, { rules, observations: [observation({ code: 'a.one', subject: 'x' })] }, 2)
  t.match(later, [{ title: 'gone: x', kind: 'something is wrong', count: 2 }])
  const [plain] = step([], { rules, observations: [observation({ code: 'a.two' })] }, 1)
  t.equal(plain?.title, 'something is wrong')
  t.notOk(plain && 'kind' in plain)
})

t.test(
  'an event is the same one after the clock was set back, and what got graver has no end before its beginning',
  async (t) => {
    const events = { 'a.event': rule({ event: true }) }
    const look = (at: number) => ({ rules: events, observations: [observation({ code: 'a.event', at })] })
    const ahead = step([], look(100_000), 100_000)
    const back = step(ahead, look(100_000), 10_000)
    // The collector takes its own times back as well (collectors/k3s/happened.ts).
    const later = step(back, look(10_000), 70_000)
    t.strictSame(
      later.map((it) => [it.id, it.resolved]),
      ahead.map((it) => [it.id, undefined]),
    )
    const grave = (severity: 'warning' | 'critical') => ({
      rules,
      observations: [observation({ code: 'a.two', severity })],
    })
    const worse = step(step([], grave('warning'), 50_000), grave('critical'), 60_000)
    t.strictSame(worse[0]?.graver, { from: 50_000, to: 60_000 })
    t.strictSame(step(worse, grave('critical'), 20_000)[0]?.graver, { from: 20_000, to: 20_000 })
  },
)
