import t from 'tap'
import { eventsOf, farewell } from '../../../../agent/delivery/kubernetes/events.ts'
import type { Finding, Incident } from '../../../../agent/model/index.ts'
import { finding, incidentOf as incident } from '../../findings.ts'

const now = Date.parse('2026-11-23T03:30:00Z')
const minute = 60_000
const hour = 60 * minute
const killed = (since: number, more: Partial<Finding> = {}) =>
  incident(
    finding({
      ...{ code: 'memory.oom-killed', subject: 'shop/db-0', severity: 'critical', since },
      ...{ title: 'OOMKilled: shop/db-0', text: 'Its limit is 64 MiB.' },
      ...more,
    }),
  )
const of = (incidents: readonly Incident[], silences: Parameters<typeof eventsOf>[0]['silences'] = []) =>
  eventsOf({ incidents, silences }, now)

t.test('one for what opened, one for what was resolved', async (t) => {
  const it = killed(now - 10 * minute, { resolved: now - 4 * minute })
  t.match(of([it]), [
    {
      about: `opened ${it.id}`,
      ...{
        type: 'Warning',
        reason: 'MemoryOomKilled',
        count: 1,
        first: now - 10 * minute,
        last: now - 10 * minute,
      },
      message:
        'critical: OOMKilled: shop/db-0: Its limit is 64 MiB. Fix: `agent explain memory.oom-killed` on the node',
    },
    {
      about: `resolved ${it.id}`,
      ...{ type: 'Normal', reason: 'MemoryOomKilledResolved', last: now - 4 * minute },
      message: 'Resolved at 03:26 UTC after 6 min: OOMKilled: shop/db-0',
    },
  ])
})

t.test('the same again within an hour is the same event, counted', async (t) => {
  const times = [50, 40, 30].map((ago) => killed(now - ago * minute, { resolved: now - (ago - 5) * minute }))
  const open = killed(now - minute)
  const [first] = times as [Incident]
  const [opened, resolved] = of([...times, open])
  t.match(opened, { about: `opened ${first.id}`, count: 4, first: now - 50 * minute, last: now - minute })
  t.match(resolved, { about: `resolved ${first.id}`, count: 3, last: now - 25 * minute })
  t.equal(of([...times, open]).length, 2)
  const other = killed(now - 2 * minute, { subject: 'shop/db-1' })
  t.equal(of([open, other]).length, 2, 'another subject is another event')
  const before = killed(now - 3 * hour, { resolved: now - 2 * hour })
  t.match(
    of([before, open]),
    [{ about: `opened ${open.id}`, count: 1 }],
    'after a quiet hour it is a new one',
  )
})

t.test('none for what is no news', async (t) => {
  t.same(of([killed(now - 2 * hour)]), [], 'older than Kubernetes keeps them')
  t.same(of([killed(now - minute, { severity: 'info' })]), [], 'information')
  t.same(of([killed(now - minute, { notifyAt: now + minute })]), [], 'there is patience with it')
  const passed = killed(now - minute, { notifyAt: now - 20_000, seen: now - 50_000, resolved: now - 40_000 })
  t.same(of([passed]), [], 'it passed before anybody was told')
  const silence = { id: '1', what: 'memory', since: now - hour, until: now + hour }
  t.same(of([killed(now - minute)], [silence]), [], 'silenced')
  t.same(of([killed(now - minute, { resolved: now - 1000 })], [silence]), [], 'silenced while it lasted')
  const over = { ...silence, until: now - 2 * minute }
  t.same(
    of([killed(now - 4 * minute, { resolved: now - 3 * minute })], [over]),
    [],
    'under a silence that is over',
  )
  t.equal(of([killed(now - minute)], [over]).length, 1, 'after it')
})

t.test('the gravest come first; hostile texts are one clean line within the limits', async (t) => {
  const mild = killed(now - 1000, { code: 'cni.odd', severity: 'warning' })
  t.match(of([mild, killed(now - minute)]), [{ severity: 'critical' }, { severity: 'warning' }])
  const evil = `\u001b[31m\n\u202e${'\u{1f4a9}'.repeat(2000)}`
  for (const it of of([killed(now - minute, { title: evil, text: evil, resolved: now })])) {
    t.ok(Buffer.byteLength(it.message) <= 1024)
    t.notMatch(it.message, /[\u0000-\u001f\u202e]/)
  }
})

t.test('an end by order is an event too', async (t) => {
  t.match(farewell('poweroff', now), {
    type: 'Normal',
    reason: 'NodePoweringOff',
    message: /^The node powers off, as ordered at 03:30 UTC\.$/,
  })
})
