import t from 'tap'
import {
  alertName,
  current,
  endedFor,
  readStated,
  type StandingPolicy,
  type Stated,
  standing,
  stated,
} from '../../../agent/core/standing.ts'
import type { Finding, Incident } from '../../../agent/model/index.ts'
import { finding } from '../findings.ts'

const minute = 60_000
const now = 100 * minute
const policy: StandingPolicy = { node: 'node1', cluster: 'home', min: 'warning', silences: [] }
const root = finding({ code: 'firewall.flushed', subject: 'nft', severity: 'critical' })
const pod = finding({ code: 'pods.crash-looping', subject: 'shop/a' })
const incidentOf = (cause: Finding, ...affected: Finding[]): Incident => ({
  ...{ id: cause.id, cause, affected, severity: 'critical', since: 0, notifyAt: 0, fix: [], avoid: [] },
})
const held = 60 * minute
/** What is told after one step of time. */
const told = (before: readonly Stated[], all: readonly Incident[], at = now, more = {}) =>
  stated(before, current(all, { ...policy, ...more }, at), at, held)

t.test('each open finding is one alert, with the labels that routes and inhibition need', async (t) => {
  const [first, second] = current([incidentOf(root, pod)], policy, now)
  t.match(first?.labels, {
    ...{ alertname: 'FirewallFlushed', severity: 'critical', node: 'node1', cluster: 'home', subject: 'nft' },
    ...{
      incident: /^[0-9a-f]{12}$/,
      fingerprint: /^[0-9a-f]{16}$/,
      cause: 'firewall.flushed',
      role: 'cause',
    },
  })
  t.match(second?.labels, {
    ...{ alertname: 'PodsCrashLooping', severity: 'warning', subject: 'shop/a', role: 'consequence' },
    ...{
      incident: first?.labels.incident,
      cause: 'firewall.flushed',
      fingerprint: first?.labels.fingerprint,
    },
  })
  const elsewhere = current([incidentOf({ ...root, id: 'another' })], { ...policy, node: 'node2' }, now)
  t.match(
    elsewhere[0]?.labels,
    { fingerprint: first?.labels.fingerprint, cause: 'firewall.flushed' },
    'one cause',
  )
  t.not(elsewhere[0]?.labels.incident, first?.labels.incident)
  t.equal(alertName('a.b-c2'), 'ABC2')
})

t.test('what is below min, over or said by another is none', async (t) => {
  const all = [finding({ code: 'a.info', severity: 'info' }), finding({ code: 'a.over', resolved: now - 1 })]
  t.strictSame(
    current(
      all.map((it) => incidentOf(it)),
      policy,
      now,
    ),
    [],
  )
  t.equal(
    current(
      all.map((it) => incidentOf(it)),
      { ...policy, min: 'info' },
      now,
    ).length,
    1,
  )
  const restated = { ...incidentOf(root, pod), restated: [pod.id] }
  t.equal(current([restated], policy, now).length, 1)
})

t.test('hostile subjects stay one short line, and two that are cut alike are one alert', async (t) => {
  const long = (end: string) =>
    finding({ code: 'a.b', subject: `${'x'.repeat(5000)}${end}${'y'.repeat(5000)}` })
  const all = current(
    [incidentOf(root, long('1'), long('2'), finding({ code: 'a.c', subject: 'a\n\u001b[2Jb' }))],
    policy,
    now,
  )
  t.equal(all.length, 3)
  for (const { labels } of all)
    for (const value of Object.values(labels)) t.match(value, /^[^\n\u001b]{1,200}$/)
})

t.test(
  'it begins when it is first told, ends when it is over, and the end outlives what holds it open elsewhere',
  async (t) => {
    const first = told([], [incidentOf(root, pod)])
    t.match(first, [{ starts: now }, { starts: now }])
    const same = told(first, [incidentOf(root, pod)], now + minute)
    t.strictSame(same, first, 'the start stays, over restarts too: it is kept')
    const over = told(same, [incidentOf(root, { ...pod, resolved: now })], now + 2 * minute)
    t.match(over, [
      { starts: now, ended: undefined },
      { starts: now, ended: now + 2 * minute },
    ])
    const later = now + 2 * minute + held + endedFor
    t.equal(told(over, [incidentOf(root)], later - 1).length, 2)
    t.equal(told(over, [incidentOf(root)], later).length, 1)
    t.match(told(over, [incidentOf(root, pod)], now + 3 * minute)[1], {
      starts: now + 3 * minute,
      ended: undefined,
    })
    const back = told(over, [incidentOf(root)], now - 300 * minute)
    t.match(back[1], { ended: now - 300 * minute }, 'a clock that was set back keeps it no longer than any')
  },
)

t.test('what becomes graver, or turns out to follow from something, ends as what it was', async (t) => {
  const first = told([], [incidentOf(pod)])
  t.match(first, [{ labels: { role: 'cause', severity: 'warning' } }])
  const merged = told(first, [incidentOf(root, pod)], now + minute)
  t.strictSame(
    merged.map(({ labels, ended }) => [labels.alertname, labels.role, ended]),
    [
      ['FirewallFlushed', 'cause', undefined],
      ['PodsCrashLooping', 'consequence', undefined],
      ['PodsCrashLooping', 'cause', now + minute],
    ],
  )
  const graver = told(first, [incidentOf({ ...pod, severity: 'critical' })], now + minute)
  t.strictSame(
    graver.map(({ labels, ended }) => [labels.severity, ended]),
    [
      ['critical', undefined],
      ['warning', now + minute],
    ],
  )
})

t.test('what is not to be told yet does not begin; what fires does not end by it', async (t) => {
  const pending = incidentOf(finding({ code: 'a.pending', notifyAt: now + minute, seen: now + minute }))
  t.strictSame(told([], [pending]), [])
  const first = told([], [pending], now + minute)
  t.match(first, [{ starts: now + minute }])
  t.strictSame(told(first, [pending], now - 120 * minute), first, 'nor by a clock that was set back')
  const alike = finding({ code: 'a.pending', id: 'another' })
  t.equal(
    told([], [incidentOf(root, { ...alike, notifyAt: now + minute }, alike)]).length,
    2,
    'of two with the same labels the one that may begin does',
  )
})

t.test('a silence lets nothing begin, and ends nothing', async (t) => {
  const silences = [{ id: 'all', what: 'all', since: 0, until: now + 10 * minute }]
  t.strictSame(told([], [incidentOf(root)], now, { silences }), [])
  const first = told([], [incidentOf(root)])
  t.strictSame(told(first, [incidentOf(root)], now + minute, { silences }), first)
  t.match(told([], [incidentOf(root)], now + 10 * minute, { silences }), [{ starts: now + 10 * minute }])
})

t.test('causes come first, each with what is known of it; an end keeps its finding', async (t) => {
  const all = told([], [incidentOf(finding({ code: 'z.z' })), incidentOf(root, pod)])
  const over = { ...pod, resolved: now }
  const known = standing([...all].reverse(), [incidentOf(root, over)])
  t.strictSame(
    known.map(({ labels }) => labels.role),
    ['cause', 'cause', 'consequence'],
  )
  t.equal(known[2]?.finding, over)
  t.match(
    known.find(({ labels }) => labels.alertname === 'ZZ'),
    { finding: undefined },
  )
})

t.test('what was kept is believed as far as it can be that', async (t) => {
  const all = told([], [incidentOf(root)])
  t.strictSame(readStated(JSON.parse(JSON.stringify({ stated: all }))), all)
  for (const it of [
    undefined,
    null,
    7,
    {},
    { stated: 7 },
    { stated: [null, 7, {}, { labels: { a: 7 }, finding: '', starts: 1 }] },
  ])
    t.strictSame(readStated(it), [])
})

t.test('what gets graver under a silence goes on as it was told, and is told anew after it', async (t) => {
  const mild = { ...root, severity: 'warning' as const }
  const silences = [{ id: 's', what: 'all', since: 0, until: now + 10 * minute }]
  const first = told([], [incidentOf(mild)])
  const muted = told(first, [incidentOf(root)], now + minute, { silences })
  t.strictSame(muted, first)
  const after = told(muted, [incidentOf(root)], now + 20 * minute)
  t.match(after, [
    { labels: { severity: 'critical' } },
    { labels: { severity: 'warning' }, ended: now + 20 * minute },
  ])
  t.match(
    told(muted, [], now + minute),
    [{ labels: { severity: 'warning' }, ended: now + minute }],
    'its own end is told',
  )
})
