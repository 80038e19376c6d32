import t from 'tap'
import { incidents } from '../../../agent/core/cascade.ts'
import {
  digestAge,
  type Policy,
  plan,
  receiptFor,
  recordSent,
  recordUnconfirmed,
  takingHold,
} from '../../../agent/core/plan.ts'
import type { Finding, NotificationRecord } from '../../../agent/model/index.ts'
import { chain, finding } from '../findings.ts'

const hour = 3600_000
const policy: Policy = { min: 'warning', remind: 24 * hour, since: 0 }

/** A sink with a book: asks what is due, takes all of it, and says what it heard. */
function reader(rules = chain, its: Policy = policy) {
  let told: readonly NotificationRecord[] = []
  const take = (next: readonly NotificationRecord[]) => {
    const book = new Map(told.map((it) => [it.incident, it]))
    for (const it of next) book.set(it.incident, it)
    told = [...book.values()]
  }
  return {
    told: () => told,
    hear(ledger: readonly Finding[], now: number) {
      const notices = plan(incidents(ledger, rules, now), told, its, 'node1', now)
      for (const it of notices)
        take(recordSent(told, it, it.kind === 'opened' ? `message ${now}` : undefined, now))
      return notices.map((it) => it.kind)
    },
    /** Is told, but nobody hears the answer. */
    mishear(ledger: readonly Finding[], now: number) {
      const notices = plan(incidents(ledger, rules, now), told, its, 'node1', now)
      for (const it of notices) take(recordUnconfirmed(told, it, now))
      return notices.map(({ id, kind }) => ({ id, kind }))
    },
    peek: (ledger: readonly Finding[], now: number) =>
      plan(incidents(ledger, rules, now), told, its, 'node1', now),
  }
}

t.test('what may have arrived is told again while it is true, and told to be over', async (t) => {
  const cause = finding({ code: 'a.cause', since: 100, severity: 'critical' })
  const it = reader()
  const [first] = it.mishear([cause], 100)
  t.match(it.mishear([cause], 150), [{ kind: 'opened', id: first?.id }], 'as the same message')
  t.strictSame(
    it.hear([{ ...cause, resolved: 300 }], 300),
    ['resolved'],
    'and not as one that nobody heard of',
  )
  t.strictSame(it.hear([{ ...cause, resolved: 300 }], 400), [])

  const other = reader()
  other.mishear([cause], 100)
  t.strictSame(other.hear([cause], 200), ['opened'])
  t.strictSame(other.hear([cause], 300), [], 'now it is known')
})

t.test('what gets worse a second time is told by a notice of its own', async (t) => {
  const it = reader()
  const ids = (['warning', 'critical', 'warning', 'critical'] as const).flatMap((severity, at) => {
    const ledger = [finding({ code: 'a.cause', since: 100, severity })]
    const due = it.peek(ledger, 200 + at).map(({ kind, id }) => `${kind} ${id}`)
    it.hear(ledger, 200 + at)
    return due
  })
  t.strictSame(
    ids.map((one) => one.split(' ')[0]),
    ['opened', 'worse', 'grew', 'worse'],
  )
  t.equal(new Set(ids).size, 4, 'services drop what has an id that they know')
})

t.test('an edit says that the root is over while what followed is not', async (t) => {
  const it = reader()
  const cause = finding({ code: 'a.cause', since: 100, severity: 'critical' })
  const effect = finding({ code: 'a.effect', since: 200 })
  it.hear([cause, effect], 200)
  t.strictSame(it.hear([{ ...cause, resolved: 300 }, effect], 300), ['grew'])
  t.strictSame(it.hear([{ ...cause, resolved: 300 }, effect], 400), [], 'once')
})

t.test('an incident is told once, grows by edits, and is over once', async (t) => {
  const it = reader()
  const cause = finding({ code: 'a.cause', since: 100, severity: 'critical' })
  const effect = finding({ code: 'a.effect', since: 200 })
  t.strictSame(it.hear([cause], 100), ['opened'])
  t.strictSame(it.hear([cause], 150), [])
  t.strictSame(it.hear([cause, effect], 200), ['grew'])
  t.equal(it.told()[0]?.receipt, 'message 100', 'the first message stays the one to edit')
  const over = [
    { ...cause, resolved: 300 },
    { ...effect, resolved: 400 },
  ]
  t.strictSame(
    it.hear([over[0] as Finding, effect], 300),
    ['grew'],
    'not over: what is left speaks for it now',
  )
  t.strictSame(it.hear([over[0] as Finding, effect], 310), [])
  t.strictSame(it.hear(over, 400), ['resolved'])
  t.strictSame(it.hear(over, 500), [])
})

t.test('patience, the mildest severity and reminders', async (t) => {
  const it = reader()
  const impatient = finding({ code: 'a.effect', since: 0, notifyAt: 1000 })
  const still = { ...impatient, seen: 1000 }
  t.strictSame(it.hear([impatient], 999), [])
  t.strictSame(it.hear([impatient], 1000), [], 'nobody has looked again')
  t.strictSame(it.hear([still], 1000), ['opened'])
  t.strictSame(it.hear([still], 24 * hour), [])
  t.strictSame(it.hear([still], 24 * hour + 1000), ['reminder'])
  t.strictSame(it.hear([still], 24 * hour + 2000), [])
  t.strictSame(reader().hear([impatient], 16 * 60_000), ['opened'], 'where nobody could look, it is told')
  t.strictSame(reader().hear([finding({ code: 'a.effect', severity: 'info' })], 5), [])
  t.strictSame(reader(chain, { ...policy, min: 'critical' }).hear([finding({ code: 'a.effect' })], 5), [])
})

t.test('what cannot wait is told anew, once, though nothing is graver', async (t) => {
  const it = reader()
  const cause = finding({ code: 'a.cause', since: 100, severity: 'critical' })
  const effect = { ...finding({ code: 'a.effect', since: 200, severity: 'critical' }), urgent: true as const }
  t.strictSame(it.hear([cause], 100), ['opened'])
  t.strictSame(it.hear([cause, effect], 200), ['worse'])
  t.strictSame(it.hear([cause, effect], 300), [])
  t.strictSame(reader().hear([cause, effect], 200), ['opened'], 'together they are one message')
})

t.test('what the root became speaks for it: repaired is it when that is', async (t) => {
  const it = reader()
  const cause = { ...finding({ code: 'a.cause', since: 0, severity: 'critical' }), subject: 's', stage: 0 }
  const became = { ...finding({ code: 'a.effect', since: 50, severity: 'critical' }), subject: 's', stage: 0 }
  const left = { ...finding({ code: 'a.effect', since: 60, severity: 'critical' }), subject: 'else' }
  const early = { ...left, id: 'early', subject: 'early', since: 55 }
  const over = { ...cause, resolved: 50 }
  t.strictSame(it.hear([cause], 10), ['opened'])
  t.strictSame(it.hear([over, became, left, early], 60), ['grew'])
  t.strictSame(it.hear([over, became, left, early], 60 + takingHold), [], 'it is not repaired')
  const end = 60 + takingHold
  const repaired = [over, { ...became, resolved: end }, left]
  t.strictSame(it.hear([...repaired, early], end), ['grew'])
  t.strictSame(it.hear(repaired, end + 5), ['grew'], 'another one speaks for it')
  t.strictSame(it.hear(repaired, end + takingHold), ['reminder'])
  t.strictSame(it.hear(repaired, end + takingHold + 5), [])
})

t.test('worse is news, milder an edit, and worse again news again', async (t) => {
  const it = reader()
  const effect = finding({ code: 'a.effect', since: 0 })
  t.strictSame(it.hear([effect], 1), ['opened'])
  t.strictSame(it.hear([{ ...effect, severity: 'critical' }], 2), ['worse'])
  t.strictSame(it.hear([effect], 3), ['grew'])
  t.strictSame(it.hear([{ ...effect, severity: 'critical' }], 4), ['worse'])
})

t.test('what comes nearer is told again at each stage, and never twice', async (t) => {
  const it = reader()
  const at = (stage: number) => [finding({ code: 'a.effect', since: 0, stage })]
  t.strictSame(it.hear(at(0), 1), ['opened'])
  t.strictSame(it.hear(at(1), 2), ['worse'], '30 days')
  t.strictSame(it.hear(at(1), 3), [])
  t.strictSame(it.hear(at(3), 4), ['worse'], 'one that was slept through is not made up for')
  const [third, fourth] = [it.peek(at(4), 5)[0]?.id, it.peek(at(5), 5)[0]?.id]
  t.not(third, fourth, 'each is news of its own')
  t.strictSame(it.hear(at(2), 6), [], 'nearer to well is no news')
  t.strictSame(it.hear(at(3), 7), [])
  t.strictSame(it.hear([{ ...(at(5)[0] as Finding), severity: 'critical' }], 8), ['worse'], 'once for both')
  t.strictSame(it.hear([{ ...(at(5)[0] as Finding), severity: 'critical' }], 9), [])
  t.equal(it.told()[0]?.stage, 5)
})

t.test('a cause found late takes over what was told, without a second alarm', async (t) => {
  const it = reader()
  const effect = finding({ code: 'a.effect', since: 100 })
  t.strictSame(it.hear([effect], 100), ['opened'])
  const both = [effect, finding({ code: 'a.cause', since: 150, severity: 'critical' })]
  const notices = it.peek(both, 200)
  t.strictSame(
    notices.map(({ kind }) => kind),
    ['opened', 'merged'],
  )
  t.equal(
    receiptFor(it.told(), notices[1] as never),
    'message 100',
    'the old message is the one that is edited',
  )
  t.strictSame(it.hear(both, 200), ['opened', 'merged'])
  t.strictSame(it.hear(both, 250), [])
  t.strictSame(
    it.hear(
      both.map((one) => ({ ...one, resolved: 300 })),
      300,
    ),
    ['resolved'],
  )
})

t.test('a consequence that outlives its cause is told as what it now is', async (t) => {
  const it = reader()
  const cause = finding({ code: 'a.cause', since: 0 })
  const effect = finding({ code: 'a.effect', since: 5 })
  t.strictSame(it.hear([cause, effect], 10), ['opened'])
  const repaired = [{ ...cause, resolved: 100 }, effect]
  t.strictSame(it.hear(repaired, 200), ['grew'], 'an edit: what is left speaks')
  t.strictSame(it.hear(repaired, 100 + takingHold), ['reminder'], 'it did not come right by itself')
  t.strictSame(it.hear(repaired, 200 + takingHold), [])
  t.strictSame(it.hear(repaired, hour), [], 'and it stays the same incident')
})

t.test(
  'what came and went while nobody could be told is a digest; what is too old, or older than the sink, is not',
  async (t) => {
    const gone = finding({ code: 'a.cause', since: 1000, resolved: 2000 })
    t.strictSame(reader().hear([gone], 3000), ['digest'])
    t.strictSame(reader().hear([gone], 2000 + digestAge), [])
    t.strictSame(reader(chain, { ...policy, since: 2000 }).hear([gone], 3000), [])
    t.strictSame(
      reader().hear([{ ...gone, notifyAt: 2001 }], 3000),
      [],
      'it was over before its patience was',
    )
    const it = reader()
    t.strictSame(it.hear([gone], 3000), ['digest'])
    t.strictSame(it.hear([gone], 3001), [], 'once')
  },
)

t.test('an incident that comes back within its window is told again', async (t) => {
  const it = reader()
  const cause = finding({ code: 'a.cause', since: 0 })
  t.strictSame(it.hear([cause], 0), ['opened'])
  t.strictSame(it.hear([{ ...cause, resolved: 10 }], 10), ['resolved'])
  t.strictSame(it.hear([{ ...cause, resolved: 10 }, finding({ code: 'a.effect', since: 20 })], 20), [
    'opened',
  ])
})

t.test(
  'a notice has the same id however often it is asked for, and another one for other news',
  async (t) => {
    const it = reader()
    const cause = finding({ code: 'a.cause', since: 0 })
    const ids = [it.peek([cause], 1), it.peek([cause], 9999)].flat().map(({ id }) => id)
    t.equal(ids[0], ids[1])
    t.match(ids[0], /^murphy_[0-9a-f]{32}$/)
    it.hear([cause], 1)
    t.not(it.peek([{ ...cause, resolved: 5 }], 6)[0]?.id, ids[0])
  },
)

t.test('a silence keeps quiet what it covers, and what outlives it is told', async (t) => {
  const silences = [{ id: '1', what: 'a.cause', since: 0, until: hour }]
  const it = reader(chain, { ...policy, silences })
  const cause = finding({ code: 'a.cause', since: 10 })
  t.strictSame(it.hear([cause], 20), [])
  t.strictSame(it.hear([{ ...cause, resolved: 30 }], 40), [], 'came and went under it: nobody asked')
  t.strictSame(it.hear([finding({ code: 'a.effect', since: 10 })], 20), ['opened'], 'others are told')
  const other = reader(chain, { ...policy, silences })
  t.strictSame(other.hear([cause], hour - 1), [])
  t.strictSame(other.hear([cause], hour), ['opened'], 'it ends by itself')
  const told = reader(chain, { ...policy, silences: [{ id: '1', what: 'all', since: 50, until: hour }] })
  t.strictSame(told.hear([cause], 20), ['opened'])
  t.strictSame(told.hear([{ ...cause, severity: 'critical' }], 60), [], 'not even that it got worse')
  t.strictSame(told.hear([{ ...cause, resolved: 70 }], 80), ['resolved'], 'but that it is over')
})

t.test('a consequence is news once its patience is over', async (t) => {
  const it = reader()
  const cause = finding({ code: 'a.cause', since: 0 })
  const effect = finding({ code: 'a.effect', since: 5, notifyAt: 1000 })
  t.strictSame(it.hear([cause, effect], 10), ['opened'])
  t.strictSame(it.hear([cause, effect], 999), [])
  const still = { ...effect, seen: 1000 }
  t.strictSame(it.hear([cause, still], 1000), ['grew'])
  t.strictSame(it.hear([cause, still], 1001), [])
})

t.test(
  'maintenance hides no blindness: neither that a collector cannot see nor that a sink fails',
  async (t) => {
    const silences = [{ id: '1', what: 'all', since: 0, until: hour }]
    for (const code of ['memory.blind', 'agent.sink-failing', 'agent.state-lost']) {
      const it = reader(chain, { ...policy, silences })
      t.strictSame(it.hear([finding({ code, since: 10 }), finding({ code: 'a.cause', since: 10 })], 20), [
        'opened',
      ])
    }
  },
)
