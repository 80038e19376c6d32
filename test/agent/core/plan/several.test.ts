import t from 'tap'
import { gathering } from '../../../../agent/core/plan/groups.ts'
import {
  canWait,
  inOrder,
  isRungFor,
  severalChange,
  severalNotice,
} from '../../../../agent/core/plan/several.ts'
import type { Incident, NotificationRecord, Severity } from '../../../../agent/model/index.ts'
import { finding } from '../../findings.ts'

const minute = 60_000
const incident = (id: string, severity: Severity, since = 0, resolved?: number): Incident => ({
  id,
  cause: finding({ code: 'a.effect', subject: id, since }),
  affected: [],
  severity,
  since,
  notifyAt: since,
  fix: [],
  avoid: [],
  ...(resolved !== undefined && { resolved }),
})
const last = (severity: Severity): NotificationRecord => ({
  incident: 'x',
  severity,
  findings: [],
  at: 0,
  reminded: 0,
})
const group = { id: 'kind x', of: 'kind' } as const
const empty = { group, members: [], joining: [], exists: true }

t.test('what is open comes first, graver before milder, earlier before later', async (t) => {
  const all = [
    incident('over', 'critical', 0, 5),
    incident('late', 'warning', 9),
    incident('early', 'warning', 1),
    incident('grave', 'critical', 10),
  ]
  t.strictSame(
    inOrder(all).map(({ id }) => id),
    ['grave', 'early', 'late', 'over'],
  )
})

t.test('what is new about them', async (t) => {
  const known = { incident: incident('x', 'warning'), last: last('warning') }
  t.equal(severalChange(empty, 1), undefined)
  t.equal(severalChange({ ...empty, members: [known] }, 1), undefined)
  t.equal(severalChange({ ...empty, joining: [known.incident], exists: false }, 1), 'opened')
  const joined = (severity: Severity) =>
    severalChange({ ...empty, members: [known], joining: [incident('y', severity)] }, 1)
  t.equal(joined('warning'), 'grew')
  t.equal(joined('critical'), 'worse')
  const with1 = (kind: 'worse' | 'reminder' | 'grew' | 'opened') =>
    severalChange({ ...empty, members: [{ ...known, change: { kind, what: '' } }] }, 1)
  for (const kind of ['worse', 'reminder', 'grew', 'opened'] as const) t.equal(with1(kind), kind)
  const over = { incident: incident('x', 'warning', 0, 5), last: last('warning') }
  const ended = { ...over, change: { kind: 'resolved', what: '5' } } as const
  t.equal(severalChange({ ...empty, members: [ended] }, 1), 'resolved')
  t.equal(severalChange({ ...empty, members: [ended, known] }, 1), 'grew')
  const absorbed = [{ id: 'z', into: incident('root', 'critical') }]
  t.equal(severalChange({ ...empty, absorbed }, 1), 'merged')
  t.equal(severalChange({ ...empty, members: [known], absorbed }, 1), 'grew')
})

t.test('what is critical and of another kind is worse for the message on the rest only', async (t) => {
  const rest = { ...empty, group: { id: 'rest x', of: 'rest' } } as const
  const member = { incident: incident('x', 'critical'), last: last('critical') }
  const of = (code: string): Incident => {
    const it = incident('y', 'critical')
    return { ...it, cause: { ...it.cause, code } }
  }
  t.equal(severalChange({ ...rest, members: [member], joining: [of('b.other')] }, 1), 'worse')
  t.equal(severalChange({ ...rest, members: [member], joining: [of('a.effect')] }, 1), 'grew')
  t.equal(severalChange({ ...empty, members: [member], joining: [of('b.other')] }, 1), 'grew')
  const over = { incident: incident('x', 'critical', 0, 5), last: last('critical') }
  t.equal(severalChange({ ...rest, members: [over, member], joining: [of('a.effect')] }, 1), 'grew')
})

t.test('only more of it can wait for half a minute after an edit', async (t) => {
  const rest = { ...empty, group: { id: 'rest x', of: 'rest' } } as const
  const member = { incident: incident('x', 'warning'), last: { ...last('warning'), at: 1000 } }
  const joining = [incident('y', 'warning')]
  t.equal(canWait({ ...rest, members: [member], joining }, 1000 + gathering - 1), true)
  t.equal(canWait({ ...rest, members: [member], joining }, 1000 + gathering), false)
  t.equal(canWait({ ...empty, members: [member], joining }, 1001), false, 'another message')
  const changed = (kind: 'grew' | 'resolved' | 'worse') =>
    canWait({ ...rest, members: [{ ...member, change: { kind, what: '' } }] }, 1001)
  t.strictSame([changed('grew'), changed('resolved'), changed('worse')], [true, false, false])
  const absorbed = [{ id: 'z', into: incident('root', 'critical') }]
  t.equal(canWait({ ...rest, members: [member], absorbed }, 1001), false)
})

t.test('the same news has the same id, other news another', async (t) => {
  const grown = { ...empty, joining: [incident('y', 'warning')] }
  const id = severalNotice(grown, 'grew', 'node1', 1).id
  t.equal(severalNotice(grown, 'grew', 'node1', 2).id, id)
  t.not(severalNotice({ ...empty, joining: [incident('z', 'warning')] }, 'grew', 'node1', 1).id, id)
  const into = incident('root', 'critical')
  t.match(severalNotice({ ...empty, absorbed: [{ id: 'z', into }] }, 'merged', 'node1', 1), {
    into: { id: 'root' },
    incidents: [{ id: 'root' }],
  })
})

t.test('what is owed a second time is other news', async (t) => {
  const owing = (at: number) => {
    const its: NotificationRecord = { ...last('warning'), at, quiet: true }
    return { ...empty, members: [{ incident: incident('y', 'warning'), last: its }] }
  }
  const id = (at: number) => severalNotice(owing(at), 'worse', 'node1', 9).id
  t.equal(id(1), id(1))
  t.not(id(2), id(1))
})

t.test('what is rung for: another of its kind, no milder, and not long ago', async (t) => {
  const now = 10 * minute
  const rose = { incident: incident('x', 'critical', 1000), last: last('warning') }
  const rung = (its: Partial<NotificationRecord> = {}, of: Partial<Incident> = {}) => ({
    incident: { ...incident('y', 'critical', 1000), ...of },
    last: { ...last('critical'), incident: 'y', reminded: now - minute, ...its },
  })
  const is = (other: ReturnType<typeof rung>, at = now) => isRungFor(rose, [rose, other], at)
  t.equal(isRungFor(rose, [rose], now), false)
  t.equal(is(rung()), true)
  t.equal(is(rung({ severity: 'warning' })), false, 'graver than that one')
  t.equal(is(rung({ quiet: true })), false, 'that one has not rung either')
  t.equal(is(rung({ unconfirmed: true })), false)
  t.equal(is(rung({ resolved: now - 1 })), false)
  t.equal(is(rung({}, { cause: finding({ code: 'b.other', subject: 'y' }) })), false, 'another kind')
  t.equal(is(rung({ reminded: 0 })), false, 'ten minutes ago')
  const urgent = { ...rose.incident.cause, urgent: true as const }
  t.equal(isRungFor({ ...rose, incident: { ...rose.incident, cause: urgent } }, [rung()], now), false)
  const staged = { ...rose.incident, cause: { ...rose.incident.cause, stage: 2 } }
  t.equal(isRungFor({ ...rose, incident: staged }, [rung()], now), false)
  t.equal(isRungFor({ ...rose, incident: staged }, [rung({ stage: 2 })], now), true)
  const joins = (notifyAt: number) =>
    isRungFor({ incident: { ...incident('z', 'critical'), notifyAt } }, [rung()], now)
  t.equal(joins(1000 + gathering), true)
  t.equal(joins(1001 + gathering), false, 'by itself, it would have been a message of its own')
})
