import t from 'tap'
import { incidents } from '../../../../agent/core/cascade.ts'
import { heldApart, holdingOf } from '../../../../agent/core/plan/holding.ts'
import { type Policy, plan, recordSent } from '../../../../agent/core/plan.ts'
import type { Finding, Notice, NotificationRecord, QuietWindow } from '../../../../agent/model/index.ts'
import { finding, rule } from '../../findings.ts'

const hour = 3_600_000
const at = (text: string) => Date.parse(text)
const night: QuietWindow = {
  ...{
    days: [0, 1, 2, 3, 4, 5, 6],
    from: 22 * hour,
    to: 7 * hour,
    zone: 'Europe/Berlin',
    passes: 'critical',
  },
}
const evening = at('2026-11-30T20:00Z')
const midnight = at('2026-11-30T23:00Z')
const morning = at('2026-12-01T06:00Z')
const rules = {
  'a.one': rule(),
  'b.two': rule(),
  'c.three': rule(),
  'd.grave': rule({ severity: 'critical' }),
}
const one = (code: string, since: number, more: Partial<Finding> = {}) => finding({ code, since, ...more })

/** A sink with a book, and quiet hours. */
function sink(more: Partial<Policy> = {}) {
  let told: readonly NotificationRecord[] = []
  const policy: Policy = { min: 'warning', remind: 24 * hour, since: 0, quiet: [night], ...more }
  const due = (ledger: readonly Finding[], now: number) =>
    plan(incidents(ledger, rules, now), told, policy, 'node1', now)
  return {
    due,
    told: () => told,
    hear(ledger: readonly Finding[], now: number): readonly Notice[] {
      const notices = due(ledger, now)
      for (const it of notices) {
        const book = new Map(told.map((one) => [one.incident, one]))
        for (const one of recordSent(told, it, `message ${now}`, now)) book.set(one.incident, one)
        told = [...book.values()]
      }
      return notices
    },
  }
}
const kinds = (all: readonly Notice[]) =>
  all.map((it) => (it.kind === 'several' ? `${it.group.of} ${it.change} ${it.incidents.length}` : it.kind))

t.test('what is not grave waits, and comes as one message at the end', async (t) => {
  const it = sink()
  const ledger = [
    one('a.one', midnight),
    one('b.two', midnight, { resolved: midnight + hour }),
    one('c.three', midnight + hour),
  ]
  for (let now = midnight; now < morning; now += 0.5 * hour) t.strictSame(it.hear(ledger, now), [])
  t.strictSame(kinds(it.due(ledger, morning)), ['quiet opened 3'])
  t.strictSame(
    kinds(it.due(ledger, morning)),
    kinds(it.due(ledger, morning + 5000)),
    'however often it is asked',
  )
  it.hear(ledger, morning)
  t.strictSame(it.hear(ledger, morning + 60_000), [])
  const over = ledger.map((one) => ({ ...one, resolved: one.resolved ?? morning + 120_000 }))
  t.strictSame(
    kinds(it.hear(over, morning + 120_000)),
    ['quiet resolved 3'],
    'and is edited when all is over',
  )
  t.strictSame(it.hear(over, morning + 240_000), [])
})

t.test('all of it over is a digest; one that is open a message of its own', async (t) => {
  const over = [
    one('a.one', midnight, { resolved: midnight + hour }),
    one('b.two', midnight, { resolved: midnight + hour }),
  ]
  const it = sink()
  t.strictSame(it.hear(over, midnight + 2 * hour), [])
  t.match(it.hear(over, morning), [{ kind: 'digest', of: 'quiet', incidents: { length: 2 } }])
  t.strictSame(it.hear(over, morning + 1), [])
  t.strictSame(kinds(sink().hear([one('a.one', midnight)], morning)), ['opened'])
})

t.test('what is critical passes, and all that belongs to it', async (t) => {
  const it = sink()
  const grave = one('d.grave', midnight, { severity: 'critical' })
  t.strictSame(kinds(it.hear([grave, one('a.one', midnight)], midnight)), ['opened'])
  t.strictSame(kinds(it.hear([{ ...grave, resolved: midnight + hour }], midnight + hour)), ['resolved'])
  const worse = sink()
  t.strictSame(worse.hear([one('a.one', midnight)], midnight), [])
  t.strictSame(
    kinds(worse.hear([one('a.one', midnight, { severity: 'critical' })], midnight + hour)),
    ['opened'],
    'as soon as it is critical',
  )
  t.strictSame(
    sink({ quiet: [{ ...night, passes: 'nothing' }] }).hear([grave], midnight),
    [],
    'unless told otherwise',
  )
  t.strictSame(
    kinds(sink({ quiet: [{ ...night, passes: 'warning' }] }).hear([one('a.one', midnight)], midnight)),
    ['opened'],
  )
})

t.test('what was told before is told to be over at the end; what is owed does not ring', async (t) => {
  const it = sink()
  const ledger = [one('a.one', evening)]
  t.strictSame(kinds(it.hear(ledger, evening)), ['opened'])
  const over = [one('a.one', evening, { resolved: midnight })]
  t.strictSame(it.hear(over, midnight), [])
  t.strictSame(kinds(it.hear(over, morning)), ['resolved'])

  const owing = sink()
  owing.hear(ledger, evening)
  const quiet = owing.told().map((one) => ({ ...one, quiet: true as const }))
  const policy: Policy = { min: 'warning', remind: 0, since: 0, quiet: [night], most: 6 }
  const due = (now: number) => kinds(plan(incidents(ledger, rules, now), quiet, policy, 'node1', now))
  t.strictSame(due(midnight), [])
  t.strictSame(due(morning), ['worse'])
})

t.test('a restart, or a sink that is down in the morning, loses nothing and tells it once', async (t) => {
  const it = sink()
  const ledger = [one('a.one', midnight), one('b.two', midnight, { resolved: midnight + hour })]
  const late = morning + 5 * hour
  t.strictSame(kinds(it.hear(ledger, late)), ['quiet opened 2'])
  t.strictSame(it.hear(ledger, late + hour), [])
  t.strictSame(kinds(it.hear([...ledger, one('c.three', late + hour)], late + hour)), ['opened'], 'by day')
})

t.test('without quiet hours nothing is held', async (t) => {
  const holding = holdingOf({ min: 'warning' }, midnight)
  const [incident] = incidents([one('a.one', midnight)], rules, midnight)
  if (!incident) throw new Error('there is one')
  t.equal(holding.isHeld(incident), false)
  t.equal(holding.passes('info'), true)
  t.match(heldApart([incident], [], holding, midnight), {
    quiet: undefined,
    held: [],
    fresh: [incident],
    missed: [],
  })
  t.strictSame(kinds(sink({ quiet: [] }).hear([one('a.one', midnight)], midnight)), ['opened'])
})

t.test('what can only be told after the message on the night rings by itself', async (t) => {
  const held = [one('a.one', midnight), one('b.two', midnight)]
  const silence = { id: 's', what: 'c.three', since: evening, until: morning + 2 * hour }
  const silent = one('c.three', midnight + hour)
  const it = sink({ silences: [silence] })
  t.strictSame(kinds(it.hear([...held, silent], morning)), ['quiet opened 2'])
  t.strictSame(it.hear([...held, silent], morning + hour), [])
  t.strictSame(kinds(it.hear([...held, silent], morning + 2 * hour)), ['opened'], 'once its silence is over')

  const rising = sink()
  const mild = one('c.three', midnight, { severity: 'info' })
  t.strictSame(kinds(rising.hear([...held, mild], morning)), ['quiet opened 2'])
  const at = morning + 1.5 * hour
  const graver = { ...mild, severity: 'warning' as const, graver: { from: at - 30_000, to: at } }
  t.strictSame(kinds(rising.hear([...held, graver], at)), ['opened'], 'once it is grave enough')
  const alone = sink()
  t.strictSame(alone.hear([mild], morning), [])
  t.strictSame(kinds(alone.hear([graver, one('a.one', at)], at)), ['opened', 'opened'])

  const late = sink()
  t.strictSame(kinds(late.hear(held, morning)), ['quiet opened 2'])
  const slow = one('c.three', morning - 30_000, { seen: morning - 30_000, found: morning - 30_000 })
  t.strictSame(kinds(late.hear([...held, slow], morning + 60_000)), ['opened'], 'found at the last moment')
})

t.test('a silence that ended in the night held nothing back since', async (t) => {
  const silence = { id: 's', what: 'all', since: evening, until: midnight + 2 * hour }
  const it = sink({ silences: [silence] })
  const ledger = [one('a.one', midnight), one('b.two', evening)]
  t.strictSame(kinds(it.hear(ledger, morning)), ['quiet opened 2'])
})

t.test('after an outage of days only the last night was held back, and there is one digest', async (t) => {
  const day = 24 * hour
  const over = (code: string, since: number) => one(code, since, { resolved: since + hour })
  const ledger = [over('a.one', midnight - 2 * day), over('b.two', midnight - 1.5 * day)]
  const open = [one('d.grave', midnight - 2 * day), one('c.three', midnight)]
  const back = morning + 5 * hour
  const last = over('a.one', midnight)
  const due = sink().due([...ledger, ...open, last], back)
  t.strictSame(kinds(due).toSorted(), ['digest', 'opened', 'opened'])
  const digest = due.find((it) => it.kind === 'digest')
  t.match(digest, { of: undefined, incidents: { length: 3 } })
  t.strictSame(
    kinds(sink().due([...ledger, last], morning)),
    ['digest', 'digest'],
    'where it may have worked again in the night, the night is told apart',
  )
  const nights = [22, 0].map((to) => ({
    ...night,
    from: to === 22 ? 0 : 22 * hour,
    to: to === 22 ? 7 * hour : 0,
  }))
  const two = sink({ quiet: nights })
  t.strictSame(
    kinds(two.due([one('a.one', evening + 2 * hour), one('b.two', midnight + hour)], morning)),
    ['quiet opened 2'],
    'a night of two windows is one',
  )
})
