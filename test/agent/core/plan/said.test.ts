import t from 'tap'
import { isReworded, saidOf } from '../../../../agent/core/plan/said.ts'
import type { Finding, Incident, NotificationRecord } from '../../../../agent/model/index.ts'
import { finding } from '../../findings.ts'
import { crash, sinkWith } from './sink.ts'

const second = 1000
const minute = 60 * second
const incident = (cause: Partial<Finding> = {}, more: Partial<Incident> = {}): Incident => ({
  ...{
    id: 'x',
    cause: finding({ code: 'a.effect', ...cause }),
    affected: [],
    severity: 'warning',
    since: 0,
    notifyAt: 0,
  },
  ...{ fix: ['`reboot`'], avoid: [] },
  ...more,
})
const flushed = (text: string, at = 1000) =>
  finding({ code: 'other.1', severity: 'critical', since: at, text })
const unknown = 'The nat table was flushed: 68 of 68 rules gone.'
const known = 'The nat table was flushed by `iptables` (pid 25978): 68 of 68 rules gone.'

t.test('numbers alone say nothing else', async (t) => {
  const said = (text: string) => saidOf(incident({ text }), 10)
  for (const [one, other] of [
    ['2 kills since 20:48, last 20:49 UTC, 23.5 MiB', '3 kills since 20:48, last 20:50 UTC, 9 MiB'],
    ['up 59 s, 8 % full', 'up 1 min, 12.5 % full'],
    ['in 9 h', 'in 8 d'],
    ['up 59 min', 'up 1 h 2 min'],
    ['since 03:12 UTC', 'since 2026-11-29 03:12 UTC'],
  ] as const)
    t.equal(said(one), said(other), one)
  t.not(said(unknown), said(known))
  t.match(said(known), /^[0-9a-f]{16}$/)
})

t.test(
  'who did it, the steps, the cause and what joins matter; what is over or not told does not',
  async (t) => {
    const plain = saidOf(incident(), 10)
    t.equal(saidOf(incident(), 20), plain)
    t.not(saidOf(incident({ title: 'other' }), 10), plain)
    t.not(saidOf(incident({ impact: 'other' }), 10), plain)
    t.not(saidOf(incident({}, { fix: ['`true`'] }), 10), plain)
    t.not(saidOf(incident({}, { avoid: ["Don't."] }), 10), plain)
    const why = { certainty: 'likely', cause: 'k3s.restarted|node|5', text: 'k3s was restarted' } as const
    t.not(saidOf(incident({}, { why }), 10), plain)
    const joins = (its: Partial<Finding>) =>
      saidOf(incident({}, { affected: [finding({ code: 'a.effect', id: 'y', ...its })] }), 10)
    t.not(joins({}), plain)
    t.equal(joins({ resolved: 5 }), plain)
    t.equal(joins({ notifyAt: 11, seen: 11 }), plain)
  },
)

t.test('not just after an edit, and the longer it has rung the less often', async (t) => {
  const it = incident({ text: known })
  const last = (at: number, its: Partial<NotificationRecord> = {}): NotificationRecord => ({
    ...{ incident: 'x', severity: 'warning', findings: [], at, reminded: 0 },
    ...{ said: 'something else', ...its },
  })
  t.equal(isReworded(it, last(0), 10 * second - 1), false)
  t.equal(isReworded(it, last(0), 10 * second), true)
  t.equal(isReworded(it, last(0, { said: saidOf(it, 1) }), 10 * second), false)
  t.equal(isReworded(it, last(46 * minute), 60 * minute), false)
  t.equal(isReworded(it, last(45 * minute), 60 * minute), true)
  const { said: _, ...old } = last(0)
  t.equal(isReworded(it, old, minute), false, 'of a record that an older version wrote, nobody knows')
})

t.test(
  'who flushed the rules becomes known later: the message is edited, once and without a sound',
  async (t) => {
    const it = sinkWith()
    t.strictSame(it.hear([flushed(unknown)], 1000), ['opened'])
    t.strictSame(it.hear([flushed(known)], 6000), [])
    t.strictSame(it.hear([flushed(known)], 11_000), ['grew of message 1000 0'])
    t.strictSame(it.hear([flushed(known.replace('25978', '26001'))], minute), [])
    t.strictSame(it.hear([{ ...flushed(known), resolved: 2 * minute }], 2 * minute), [
      'resolved of message 1000 0',
    ])
  },
)

t.test('a text that is another in each round costs some forty edits a day', async (t) => {
  const it = sinkWith()
  const words = ['one', 'two']
  let edits = 0
  for (let now = 1000; now < 24 * 60 * minute; now += 10 * second)
    edits += it.hear([flushed(`It is ${words[(now / (10 * second)) & 1]}.`)], now).length
  t.ok(edits > 10 && edits < 50, `${edits}`)
})

t.test('of several in one message too', async (t) => {
  const it = sinkWith()
  const pods = (text: string) => [{ ...crash(1000, 'a'), text }, crash(1000, 'b')]
  t.strictSame(it.hear(pods('exit 1'), 1000), ['2 opened'])
  t.strictSame(it.hear(pods('exit 2'), minute), [])
  t.strictSame(it.hear(pods('exit 1: no valid checkpoint'), minute), ['2 grew of message 1000 0'])
})
