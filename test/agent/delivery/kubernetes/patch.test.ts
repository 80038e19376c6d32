import t from 'tap'
import type { Wanted, Written } from '../../../../agent/delivery/kubernetes/conditions.ts'
import { heartbeat, nextBeat, ownIn, patchOf, timeText } from '../../../../agent/delivery/kubernetes/patch.ts'

const now = Date.parse('2026-11-23T03:30:00.250Z')
const wanted: readonly Wanted[] = [
  { type: 'MurphyHealthy', status: 'True', reason: 'NoProblem', message: 'fine' },
  { type: 'MurphyCniProblem', status: 'False', reason: 'NoProblem', message: 'fine' },
]
const written = (at = now): readonly Written[] => patchOf(wanted, [], at)?.conditions ?? []
const change = (more: Partial<Wanted>) =>
  wanted.map((it) => (it.type === 'MurphyHealthy' ? { ...it, ...more } : it))

t.test('at first all is written, in whole seconds', async (t) => {
  t.match(patchOf(wanted, [], now), {
    conditions: [
      {
        type: 'MurphyHealthy',
        lastHeartbeatTime: '2026-11-23T03:30:00Z',
        lastTransitionTime: '2026-11-23T03:30:00Z',
      },
      { type: 'MurphyCniProblem', status: 'False' },
    ],
    remove: [],
    quiet: false,
  })
})

t.test('what is so is written again only with the heartbeat', async (t) => {
  t.equal(patchOf(wanted, written(), now + 1000), undefined)
  t.equal(
    patchOf(change({ message: 'still fine' }), written(), now + 1000),
    undefined,
    'another wording can wait',
  )
  const beat = patchOf(change({ message: 'still fine' }), written(), now + heartbeat)
  t.match(beat, {
    quiet: true,
    conditions: [
      {
        message: 'still fine',
        lastHeartbeatTime: '2026-11-23T03:35:00Z',
        lastTransitionTime: '2026-11-23T03:30:00Z',
      },
      { lastHeartbeatTime: '2026-11-23T03:35:00Z', lastTransitionTime: '2026-11-23T03:30:00Z' },
    ],
  })
  t.match(
    patchOf(wanted, written(now + 3 * heartbeat), now),
    { quiet: true },
    'written by a clock that was ahead',
  )
})

t.test('a change is written at once; the time of the status changes with the status alone', async (t) => {
  const at = now + 10_000
  t.match(patchOf(change({ status: 'False', reason: 'Full' }), written(), at), {
    quiet: false,
    conditions: [
      { status: 'False', lastTransitionTime: timeText(at) },
      { lastTransitionTime: timeText(now) },
    ],
  })
  t.match(patchOf(change({ reason: 'Other' }), written(), at), {
    quiet: false,
    conditions: [{ reason: 'Other', lastTransitionTime: timeText(now) }, {}],
  })
})

t.test('of its own what is no longer wanted is removed, of others nothing', async (t) => {
  const old = { ...(written()[0] as Written), type: 'MurphyPodsProblem' }
  const others = { ...old, type: 'KernelDeadlock' }
  t.match(patchOf(wanted, [...written(), old, others], now), { remove: ['MurphyPodsProblem'], quiet: false })
})

t.test('what is late keeps the time of its last heartbeat, and asks for none', async (t) => {
  const late = wanted.map((it) => ({ ...it, late: true as const }))
  const at = now + 2 * heartbeat
  t.equal(patchOf(late, written(), at), undefined)
  t.match(patchOf([wanted[0] as Wanted, late[1] as Wanted], written(), at)?.conditions, [
    { lastHeartbeatTime: timeText(at) },
    { lastHeartbeatTime: timeText(now) },
  ])
  t.equal(nextBeat(late, written(), at), at + heartbeat, 'no busy loop')
  t.equal(nextBeat(wanted, written(), now + 1000), Math.floor(now / 1000) * 1000 + heartbeat)
})

t.test('a Node is read whatever it holds', async (t) => {
  const conditions = [
    { type: 'Ready', status: 'True' },
    { type: 'MurphyHealthy', status: 'Unknown', reason: 7, message: 'x'.repeat(9000) },
    null,
    7,
  ]
  t.match(ownIn({ kind: 'Node', metadata: { uid: '0b1c-2' }, status: { conditions } }), {
    uid: '0b1c-2',
    conditions: [{ type: 'MurphyHealthy', status: 'Unknown', reason: '', lastHeartbeatTime: '' }],
  })
  t.same(ownIn({ kind: 'Node', metadata: { uid: '../x' } }), { conditions: [] })
  for (const it of [undefined, null, 7, 'Node', [], { kind: 'Status' }]) t.equal(ownIn(it), undefined)
})
