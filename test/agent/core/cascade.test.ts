import t from 'tap'
import { circle, incidents as group } from '../../../agent/core/cascade.ts'
import { type Finding, type Rules, titleOf } from '../../../agent/model/index.ts'
import { chain, finding, rule } from '../findings.ts'

const incidents = (ledger: readonly Finding[], rules: Rules, now = 100_000) => group(ledger, rules, now)

t.test('a consequence joins its cause, through every step', async (t) => {
  const ledger = [
    finding({ code: 'a.cause', since: 100, severity: 'critical' }),
    finding({ code: 'a.effect', since: 200 }),
    finding({ code: 'a.later', since: 300 }),
  ]
  const [one, ...more] = incidents(ledger, chain)
  t.equal(more.length, 0)
  t.equal(one?.cause.code, 'a.cause')
  t.strictSame(
    one?.affected.map((it) => it.code),
    ['a.effect', 'a.later'],
  )
  t.match(one, { severity: 'critical', since: 100 })
})

t.test('what follows from a cause that is over is one incident, whichever came first', async (t) => {
  const rules: Rules = {
    'a.kill': rule(),
    'a.log': rule({ because: [{ code: 'a.kill', takes: 90_000, same: 'pod', lingers: true }] }),
    'a.loop': rule({
      because: [
        { code: 'a.log', takes: 90_000, same: 'pod' },
        { code: 'a.kill', takes: 90_000, same: 'pod', lingers: true, proof: () => true },
      ],
    }),
  }
  const pod = { namespace: 'shop', name: 'db-0' }
  const kill = finding({ code: 'a.kill', since: 1000, resolved: 2000, pod })
  const log = finding({ code: 'a.log', since: 40_000, pod })
  const loop = finding({ code: 'a.loop', since: 50_000, pod })
  const members = (...ledger: readonly Finding[]) =>
    incidents(ledger, rules).map((it) => [it.cause, ...it.affected].map(({ code }) => code))
  t.strictSame(members(kill, log, loop), [['a.kill'], ['a.log', 'a.loop']])
  t.match(incidents([kill, log, loop], rules)[1], { why: { cause: kill.id } })
  t.strictSame(
    members(kill, { ...log, resolved: 45_000 }, loop),
    [['a.kill'], ['a.log'], ['a.loop']],
    'not one that is over itself',
  )
})

t.test('a cause found after its consequence takes it over', async (t) => {
  const ledger = [finding({ code: 'a.effect', since: 100 }), finding({ code: 'a.cause', since: 900 })]
  t.strictSame(
    incidents(ledger, chain).map((it) => it.cause.code),
    ['a.cause'],
  )
})

t.test('what comes after an incident is over is one of its own, which names its cause', async (t) => {
  const cause = finding({ code: 'a.cause', since: 0, resolved: 1000 })
  const [over, own, ...more] = incidents([cause, finding({ code: 'a.effect', since: 30_000 })], chain)
  t.strictSame(more, [])
  t.match(over, { cause: { code: 'a.cause' }, affected: [], resolved: 1000, since: 0 })
  t.match(own, { cause: { code: 'a.effect' }, since: 30_000, why: { cause: cause.id, certainty: 'likely' } })
  const [, later] = incidents(
    [cause, finding({ code: 'a.effect', since: 65_000, onset: { from: 61_001, to: 65_000 } })],
    chain,
  )
  t.match(later, { why: { certainty: 'unknown', cause: undefined } }, 'too late to have been caused by it')
})

t.test('an edge that asks for the same subject, or pod, gets it', async (t) => {
  const effect = finding({ code: 'a.effect', subject: 'x' })
  t.equal(incidents([effect, finding({ code: 'a.later', subject: 'x' })], chain).length, 1)
  t.equal(incidents([effect, finding({ code: 'a.later', subject: 'y' })], chain).length, 2)
  const rules = { 'b.kill': rule(), 'b.crash': rule({ because: [{ code: 'b.kill', same: 'pod' }] }) }
  const pod = { namespace: 'default', name: 'db-0' }
  const kill = finding({ code: 'b.kill', pod: { ...pod, container: 'postgres' } })
  t.equal(incidents([kill, finding({ code: 'b.crash', subject: 'c', pod })], rules).length, 1)
  t.equal(
    incidents([kill, finding({ code: 'b.crash', subject: 'c', pod: { ...pod, name: 'db-1' } })], rules)
      .length,
    2,
  )
  t.equal(
    incidents([kill, finding({ code: 'b.crash', subject: 'c' })], rules).length,
    2,
    'unknown is not the same',
  )
})

t.test('what may yet go by itself makes an incident no graver', async (t) => {
  const cause = finding({ code: 'a.cause', since: 0 })
  const effect = finding({ code: 'a.effect', since: 100, severity: 'critical', notifyAt: 1000, seen: 100 })
  const [early] = incidents([cause, effect], chain, 200)
  t.match(early, { severity: 'warning' })
  t.equal(early && titleOf(early), cause.title, 'nor gives it its name')
  t.match(incidents([cause, { ...effect, seen: 1000 }], chain, 1000), [{ severity: 'critical' }])
})

t.test(
  'what passed before people could be told is not due because of the event that it followed',
  async (t) => {
    const event = finding({ code: 'a.cause', since: 0, severity: 'info' })
    const passed = finding({
      code: 'a.effect',
      since: 100,
      severity: 'critical',
      notifyAt: 60_000,
      seen: 100,
    })
    const [over] = incidents([event, { ...passed, resolved: 10_000 }], chain, 20_000)
    t.match(over, { cause: { code: 'a.cause' }, severity: 'critical', resolved: 10_000 })
    t.ok((over?.notifyAt ?? 0) > 10_000, `${over?.notifyAt}`)
    const [lasted] = incidents([event, { ...passed, seen: 60_000, resolved: 70_000 }], chain, 80_000)
    t.equal(lasted?.notifyAt, 60_000, 'what lasted is')
  },
)

t.test('what is over is called what it was called', async (t) => {
  const root = finding({
    code: 'a.cause',
    since: 0,
    severity: 'info',
    title: 'k3s was restarted',
    resolved: 5,
  })
  const effect = finding({
    code: 'a.effect',
    since: 1,
    severity: 'critical',
    title: 'the bridge is gone',
    resolved: 9,
  })
  const [it] = incidents([root, effect], chain, 10)
  t.equal(it && titleOf(it), 'the bridge is gone')
})

t.test('what is only worth knowing keeps no alarm from being over', async (t) => {
  const cause = finding({ code: 'a.cause', since: 0, severity: 'critical', resolved: 500 })
  const journal = finding({ code: 'a.effect', since: 100, severity: 'info' })
  t.match(incidents([cause, journal], chain, 600), [{ resolved: 500, affected: [{ code: 'a.effect' }] }])
  t.match(incidents([{ ...cause, severity: 'info' }, journal], chain, 600), [{ resolved: undefined }])
})

t.test('an incident is over when all of it is, and as grave as what is open', async (t) => {
  const cause = finding({ code: 'a.cause', since: 0, severity: 'critical', resolved: 500 })
  const effect = finding({ code: 'a.effect', since: 100 })
  const [open] = incidents([cause, effect], chain)
  t.match(open, { severity: 'warning' })
  t.notOk(open?.resolved)
  const [over] = incidents([cause, { ...effect, resolved: 700 }], chain)
  t.match(over, { severity: 'critical', resolved: 700 })
})

t.test('every finding is in exactly one incident, whatever the order', async (t) => {
  const codes = ['a.cause', 'a.effect', 'a.later']
  const times = [0, 50, 70_000]
  for (const a of times)
    for (const b of times)
      for (const c of times) {
        const ledger = [a, b, c].map((since, at) =>
          finding({ code: codes[at] as string, since, ...(at === 0 && { resolved: 60 }) }),
        )
        const members = incidents(ledger, chain).flatMap((it) => [it.cause, ...it.affected])
        t.strictSame(new Set(members), new Set(ledger), `${a} ${b} ${c}`)
        t.equal(members.length, ledger.length)
      }
})

t.test('what was known for a consequence stays one, however long its cause is over', async (t) => {
  const minute = 60_000
  const ledger = [
    finding({ code: 'a.cause', since: 0, resolved: minute }),
    finding({ code: 'a.effect', since: 100 }),
  ]
  t.strictSame(
    incidents(ledger, chain, 60 * minute).map((it) => [it.cause.code, it.resolved]),
    [['a.cause', undefined]],
  )
})

t.test(
  'an event is not repaired: what it left behind stays its consequence, and its steps come first',
  async (t) => {
    const minute = 60_000
    const rules: Rules = {
      'b.restarted': rule({ severity: 'info', event: true }),
      'b.gone': rule({ severity: 'critical', because: [{ code: 'b.restarted', takes: 5 * minute }] }),
    }
    const restarted = finding({ code: 'b.restarted', severity: 'info', since: 0, fix: ['`journalctl`'] })
    const gone = finding({ code: 'b.gone', severity: 'critical', since: 2 * minute, fix: ['`repair`'] })
    t.match(incidents([restarted], rules), [{ severity: 'info', fix: ['`journalctl`'] }])
    t.match(incidents([restarted, gone], rules, 3 * minute), [
      { cause: { code: 'b.restarted' }, severity: 'critical', fix: ['`repair`', '`journalctl`'] },
    ])
    const over = { ...restarted, resolved: 10 * minute }
    const [still, ...more] = incidents([over, gone], rules, 48 * 60 * minute)
    t.match(still, { id: restarted.id, severity: 'critical', fix: ['`repair`'] })
    t.notOk(still?.resolved)
    t.strictSame(more, [])
    const later = finding({
      ...gone,
      since: 16 * minute,
      found: 16 * minute,
      onset: { from: 15 * minute, to: 16 * minute },
    })
    t.equal(incidents([over, later], rules, 17 * minute).length, 2, 'what began later has another cause')
  },
)

t.test('a circle among the rules is found and named', async (t) => {
  t.equal(circle(chain), undefined)
  const rules = {
    a: rule({ because: [{ code: 'b' }] }),
    b: rule({ because: [{ code: 'c' }] }),
    c: rule({ because: [{ code: 'a' }] }),
  }
  t.strictSame(circle(rules), ['a', 'b', 'c', 'a'])
})

t.test('an incident is as old as its root and what was wrong, not as what is worth knowing', async (t) => {
  const root = finding({ code: 'a.cause', since: 100 })
  const noted = finding({ code: 'a.effect', since: 50, severity: 'info' })
  const [it] = incidents([noted, root], chain, 200)
  t.match(it, { cause: { code: 'a.cause' }, since: 100, affected: [{ code: 'a.effect' }] })
  const early = finding({ code: 'a.effect', since: 50 })
  t.equal(incidents([early, root], chain, 200)[0]?.since, 50)
})

t.test('an incident is called by what is grave in it, and by its root', async (t) => {
  const cause = finding({ code: 'a.cause', severity: 'info', title: 'k3s was restarted' })
  const worse = finding({ code: 'a.effect', severity: 'critical', title: 'the pod bridge is gone' })
  t.equal(titleOf({ cause, affected: [worse] }), 'the pod bridge is gone')
  t.equal(titleOf({ cause, affected: [{ ...worse, resolved: 5 }] }), 'k3s was restarted')
  const further = { ...worse, subject: cause.subject, stage: 6, title: 'k3s is not running' }
  t.equal(titleOf({ cause: { ...cause, stage: 5, resolved: 5 }, affected: [further] }), 'k3s is not running')
  t.equal(
    titleOf({
      cause: { ...cause, stage: 5, resolved: 5 },
      affected: [
        { ...further, resolved: 6 },
        { ...worse, subject: 'b' },
      ],
    }),
    'the pod bridge is gone',
  )
  t.equal(titleOf({ cause: worse, affected: [cause] }), 'the pod bridge is gone')
})
