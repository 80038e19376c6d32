import t from 'tap'
import { resolvedKept } from '../../../agent/core/ledger.ts'
import { silenceKept } from '../../../agent/core/silence.ts'
import { inspect, type Remembered } from '../../../agent/state/inspect.ts'
import { Memory, newest } from '../../../agent/state/memory.ts'
import { finding } from '../findings.ts'
import { made } from './filled.ts'

const day = 24 * 3_600_000
const now = Date.parse('2026-11-23T12:00:00Z')
const clock = { trusted: now, wall: now, held: day }
const nothing: Remembered = { findings: [], judgements: [], told: [], sinks: [], silences: [], samples: [] }
const told = (incident: string, more: object = {}) => ({
  ...{ incident, severity: 'warning' as const, findings: [incident], at: now, reminded: now },
  ...more,
})
const old = finding({ code: 'a.b', subject: 'old', since: now - 9 * day, resolved: now - 8 * day })
const open = finding({ code: 'a.b', subject: 'open', since: now - 9 * day })

t.test('what is long over is not taken up, unless some sink still has to hear of it', async (t) => {
  const findings = [old, open]
  t.strictSame(new Memory({ ...nothing, findings }, clock).ledger, [open])
  const waiting = [{ owner: 'ops', it: told(old.id) }]
  t.strictSame(new Memory({ ...nothing, findings, told: waiting }, clock).ledger, findings)
  const heard = [{ owner: 'ops', it: told(old.id, { resolved: now }) }]
  t.strictSame(new Memory({ ...nothing, findings, told: heard }, clock).ledger, [open])
})

t.test('all of it can be put on another disk, and is the same there', async (t) => {
  const remembered: Remembered = {
    findings: [open],
    judgements: [{ owner: 'a.b', it: { at: now, left: new Map([['x', 5]]) } }],
    told: [{ owner: 'ops', it: told('i') }],
    sinks: [{ owner: 'ops', it: 3 }],
    silences: [{ id: 's', what: 'all', since: now, until: now + 1 }],
    samples: [{ collector: 'certs', at: 9, json: '{"unseen":[]}', version: 2 }],
    clock,
  }
  const db = made(t)
  const { samples, ...rest } = remembered
  new Memory(remembered, clock).putEverything(db)
  t.match(inspect(db).remembered, { ...rest, samples })
})

t.test('points wait for the disk, so many of them, the oldest go first', async (t) => {
  const memory = new Memory(nothing, clock)
  memory.add(Array.from({ length: 5_003 }, (_, at) => ({ name: 'x', at, value: at })))
  t.equal(memory.points.length, 5_000)
  t.equal(memory.points[0]?.at, 3)
  memory.samples.set('certs', { collector: 'certs', at: 9, sample: { unseen: [] }, version: 1, saved: 0 })
  memory.samplesWaiting.add('certs').add('gone')
  const db = made(t)
  memory.putWaiting(db)
  t.equal(db.prepare('SELECT count(*) AS n FROM series').get()?.n, 5_000)
  t.equal(db.prepare('SELECT count(*) AS n FROM sample').get()?.n, 1)
  t.equal(memory.points.length, 5_000, 'until it is known that it arrived')
  memory.waitsNoMore()
  t.strictSame([memory.points.length, memory.samplesWaiting.size], [0, 0])
})

t.test('what was written is noted, and forgotten with the ledger', async (t) => {
  const memory = new Memory(nothing, clock)
  const many = Array.from({ length: 101 }, (_, at) => finding({ code: 'a.b', subject: `${at}` }))
  memory.ledger = many.slice(0, 1)
  memory.wrote(many)
  t.equal(memory.written.size, 101, 'a few are no trouble')
  const next = finding({ code: 'a.b', subject: 'next' })
  const another = finding({ code: 'a.b', subject: 'another' })
  memory.wrote([next, another])
  t.strictSame([...memory.written.keys()], [many[0]?.id])
})

t.test('what is too old is let go, in memory and on the disk', async (t) => {
  const long = now - 2 * resolvedKept - 1
  const memory = new Memory(nothing, clock)
  memory.ledger = [old, open]
  for (const it of [
    told('over', { reminded: long, resolved: long }),
    told('lately over', { reminded: long, resolved: now - 2 * resolvedKept }),
    told('lost', { reminded: long }),
    told(open.id, { reminded: long }),
  ])
    memory.book('ops').set(it.incident, it)
  for (const [id, until] of [
    ['ended', now - silenceKept - 1],
    ['lately', now - silenceKept],
  ] as const)
    memory.silences.set(id, { id, what: 'all', since: until - 1, until })
  const db = made(t)
  memory.putEverything(db)
  memory.forget()(db)
  t.strictSame(memory.ledger, [open])
  t.strictSame([...memory.book('ops').keys()], ['lately over', open.id])
  t.strictSame([...memory.silences.keys()], ['lately'])
  const left = inspect(db).remembered
  t.strictSame(new Set(left.told.map((it) => it.it.incident)), new Set([open.id, 'lately over']))
  t.strictSame(
    left.silences.map((it) => it.id),
    ['lately'],
  )
})

t.test('when the newest row was written', async (t) => {
  t.equal(newest(nothing), undefined)
  const samples = [{ collector: 'certs', at: 9, json: '{}', version: 1 }]
  t.equal(newest({ ...nothing, samples }), 9)
  t.equal(newest({ ...nothing, samples, findings: [finding({ code: 'a.b', seen: 12 })] }), 12)
})
