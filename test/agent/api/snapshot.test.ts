import t from 'tap'
import { exitCode, overall, rowOf, shown, snapshotOf } from '../../../agent/api/snapshot.ts'
import { finding } from '../findings.ts'
import { now, picture, things } from '../small.ts'

const seen = { settings: {}, at: now, open: [] }
const outcome = { collector: 'things', at: now, took: 5, sample: {}, observations: [], rules: {}, unseen: [] }

t.test('a row says ok, findings, blind, waiting or off', async (t) => {
  t.match(rowOf(things, seen), { state: 'waiting', summary: '' })
  t.match(rowOf(things, { ...seen, enabled: false }), { state: 'off' })
  t.match(rowOf(things, { ...seen, outcome }), { state: 'ok', summary: 'a thing', last: now, took: 5 })
  const broken = finding({ code: 'things.broken' })
  t.match(rowOf(things, { ...seen, outcome, open: [broken, finding({ code: 'other.broken' })] }), {
    state: 'findings',
    findings: 1,
  })
  t.match(rowOf(things, { ...seen, outcome, open: [broken, finding({ code: 'things.blind', since: 7 })] }), {
    state: 'blind',
    findings: 1,
    blindSince: 7,
  })
  t.match(rowOf(things, { ...seen, outcome, open: [{ ...broken, resolved: 9 }] }), {
    state: 'ok',
    findings: 0,
  })
})

t.test('what was there to be watched and is gone is not well; what never was is', async (t) => {
  const bare = (absent: 'never' | 'gone') =>
    rowOf({ ...things, absent: () => absent } as typeof things, { ...seen, outcome })
  t.match(bare('gone'), { state: 'ok', absent: 'gone' })
  t.equal(overall([], [bare('never')]), 'ok')
  t.equal(overall([], [bare('gone')]), 'unknown')
  t.equal(overall(picture.incidents, [bare('gone')]), 'critical')
  t.notOk('absent' in rowOf(things, { ...seen, outcome }))
})

t.test('not seeing is not health', async (t) => {
  const rows = [rowOf(things, { ...seen, outcome })]
  t.equal(overall([], rows), 'ok')
  t.equal(overall([], [rowOf(things, seen)]), 'unknown')
  t.equal(overall([], [rowOf(things, { ...seen, enabled: false })]), 'ok')
  t.equal(overall(picture.incidents, rows), 'critical')
  t.equal(
    overall(
      picture.incidents.map((it) => ({ ...it, resolved: now })),
      rows,
    ),
    'ok',
  )
  t.strictSame((['ok', 'warning', 'critical', 'unknown'] as const).map(exitCode), [0, 1, 2, 3])
})

t.test('what is open comes first, the gravest at the top; what is long over is not shown', async (t) => {
  const [critical] = picture.incidents
  if (!critical) throw new Error('the picture has one')
  const warning = { ...critical, id: 'w', severity: 'warning' as const, since: 0 }
  const over = { ...critical, id: 'o', resolved: now - 1000 }
  const past = { ...critical, id: 'p', resolved: now - 3600_000 }
  t.strictSame(
    shown([past, over, warning, critical], 'node1', now).map((it) => it.id),
    [critical.id, 'w', 'o'],
  )
  const [one] = shown([critical], 'node1', now)
  const there = { ...critical, cause: { ...critical.cause, id: 'another' }, since: now - 5 }
  const [other] = shown([there], 'node2', now)
  t.match(one?.fingerprint, /^[0-9a-f]{16}$/)
  t.equal(one?.fingerprint, other?.fingerprint, 'the same cause on another node can be grouped with it')
})

t.test('what another program answers is no picture', async (t) => {
  t.strictSame(snapshotOf(JSON.parse(JSON.stringify(picture))), picture)
  for (const it of [
    undefined,
    null,
    'x',
    7,
    [],
    {},
    { version: 2 },
    { ...picture, version: 3 },
    { ...picture, state: 'fine' },
    { ...picture, at: '1' },
    { ...picture, sinks: { length: 1 } },
    { ...picture, incidents: null },
  ])
    t.throws(() => snapshotOf(it), /no status of this version of Murphy/)
})
