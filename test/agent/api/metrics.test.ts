import { readFileSync } from 'node:fs'
import t from 'tap'
import { metricsText } from '../../../agent/api/metrics.ts'
import { allMetrics, metricsFile, metricsPage } from '../../metrics.ts'
import { finding } from '../findings.ts'
import { picture } from '../small.ts'
import { counted } from './one-of-everything.ts'

t.test('the picture in numbers, for Prometheus', async (t) => {
  const text = await metricsText(picture)
  for (const line of [
    'murphy_info{version="0.1.0",node="node1"} 1',
    'murphy_incidents{severity="critical"} 1',
    'murphy_incidents{severity="warning"} 0',
    'murphy_finding{code="firewall.flushed",subject="nft",severity="critical",cause="firewall.flushed"} 1',
    'murphy_finding{code="firewall.kube-chains-missing",subject="node",severity="critical",cause="firewall.flushed"} 1',
    'murphy_collector_blind{collector="memory"} 1',
    'murphy_collector_blind{collector="certs"} 0',
    'murphy_sink_failing{sink="ntfy"} 1',
    'murphy_sink_failing{sink="discord"} 0',
  ])
    t.ok(text.split('\n').includes(line), line)
})

t.test('heartbeats that do not get through, or are held back', async (t) => {
  const of = (name: string) => ({ name, type: 'kuma', every: 60_000 }) as const
  const heartbeats = [
    { ...of('well'), lastSent: 1_764_000_000_000 },
    { ...of('refused'), failing: { since: 1, why: '404', tries: 3 } },
    { ...of('held'), held: 'the check of certificates is overdue' },
  ]
  const lines = (await metricsText({ ...picture, heartbeats })).split('\n')
  for (const it of [
    'murphy_heartbeat_failing{heartbeat="well"} 0',
    'murphy_heartbeat_failing{heartbeat="refused"} 1',
    'murphy_heartbeat_failing{heartbeat="held"} 1',
    'murphy_heartbeat_last_sent_timestamp_seconds{heartbeat="well"} 1764000000',
  ])
    t.ok(lines.includes(it), it)
})

t.test('asked twice it says the same, hostile names included', async (t) => {
  const [incident] = picture.incidents
  if (!incident) throw new Error('the picture has one')
  const hostile = {
    ...picture,
    incidents: [{ ...incident, cause: { ...incident.cause, subject: 'a"}\n evil 1' } }],
  }
  const text = await metricsText(hostile)
  t.equal(await metricsText(hostile), text)
  t.notMatch(text, /^ evil/m)
})

t.test('each metric names the cluster, where it has a name', async (t) => {
  const samples = async (of: typeof picture) =>
    (await metricsText(of)).split('\n').filter((it) => it.startsWith('murphy_'))
  for (const it of await samples({ ...picture, cluster: 'home' })) t.match(it, /[{,]cluster="home"[},]/)
  for (const it of await samples(picture)) t.notMatch(it, 'cluster=')
})

t.test(
  'what passes within its patience is no value, and a clock that is set back hides nothing',
  async (t) => {
    const { at } = picture
    const of = async (more: object) => {
      const cause = finding({ code: 'a.b', severity: 'critical', ...more })
      const incident = { ...{ id: 'i', cause, affected: [], severity: cause.severity }, fix: [], avoid: [] }
      const incidents = [{ ...incident, since: cause.since, notifyAt: cause.notifyAt }]
      const text = await metricsText({ ...picture, incidents } as never)
      const value = /^murphy_incidents\{severity="critical"\} (\d)$/m.exec(text)?.[1]
      return [/^murphy_finding\{/m.test(text), value]
    }
    const pending = { found: at - 1000, seen: at, notifyAt: at + 60_000 }
    t.strictSame(await of(pending), [false, '0'])
    t.strictSame(
      await of({ ...pending, seen: at - 1, notifyAt: at }),
      [false, '0'],
      'nor before it is confirmed',
    )
    t.strictSame(await of({ found: at - 1000, seen: at, notifyAt: at }), [true, '1'])
    t.strictSame(await of({ found: at + 3_600_000, seen: at, notifyAt: at + 3_660_000 }), [true, '1'])
  },
)

t.test('what is counted beside the picture', async (t) => {
  const lines = (await metricsText(picture, counted())).split('\n')
  for (const line of [
    'murphy_conntrack_used_ratio 7',
    'murphy_firewall_rules{family="a family",table="a table",owner="a owner"} 7',
    'murphy_collector_rounds_total{collector="certs",outcome="failed"} 1',
    'murphy_sink_letters_total{sink="ntfy",outcome="accepted"} 1',
    'murphy_sink_letters_total{sink="ntfy",outcome="refused"} 0',
    'murphy_sink_letter_duration_seconds_bucket{sink="ntfy",le="0.1"} 1',
    'murphy_collector_round_duration_seconds_count{collector="certs"} 2',
    'murphy_resident_memory_bytes 50000000',
    'murphy_cpu_seconds_total 1.5',
  ])
    t.ok(lines.includes(line), line)
})

t.test('no metric has more values than are worth keeping, and what is left out is said', async (t) => {
  const [incident] = picture.incidents
  if (!incident) throw new Error('the picture has one')
  const affected = Array.from({ length: 2000 }, (_, at) =>
    finding({
      code: 'pods.crash-looping',
      subject: `shop/web-${at}`,
      severity: at < 1990 ? 'warning' : 'critical',
    }),
  )
  const measured = Array.from({ length: 300 }, (_, at) => ({
    ...{
      name: 'container_restarts',
      labels: { namespace: 'shop', pod: `web-${at}`, container: 'app' },
      value: at,
    },
  }))
  const many = { ...picture, incidents: [{ ...incident, affected }] }
  const lines = (await metricsText(many, { ...counted(), measured })).split('\n')
  t.equal(lines.filter((it) => it.startsWith('murphy_finding{')).length, 250)
  t.equal(
    lines.filter((it) => /^murphy_finding.*severity="critical"/.test(it)).length,
    11,
    'the gravest stay',
  )
  t.equal(lines.filter((it) => it.startsWith('murphy_container_restarts{')).length, 250)
  t.ok(lines.includes('murphy_left_out{metric="murphy_finding"} 1751'))
  t.ok(lines.includes('murphy_left_out{metric="murphy_container_restarts"} 50'))
})

t.test('what a collector declares is its own, and measured by nothing else', async (t) => {
  const names = allMetrics.map(([name]) => name)
  t.equal(new Set(names).size, names.length)
  const strange = {
    ...counted(),
    measured: [
      { name: 'strange', value: 1 },
      { name: 'conntrack_limit', value: Number.NaN },
    ],
  }
  t.notMatch(await metricsText(picture, strange), /strange|^murphy_conntrack_limit /m)
})

t.test('docs/metrics.md is what is declared, and what is declared is what is shown', async (t) => {
  t.equal(readFileSync(metricsFile, 'utf8'), metricsPage(), 'npm run docs writes it')
  const shown = (await metricsText(picture, counted())).matchAll(/^# TYPE (\S+) (\S+)$/gm)
  t.same(
    new Set(Array.from(shown, ([, name, type]) => `${name} ${type}`)),
    new Set(allMetrics.map(([name, { type }]) => `${name} ${type}`)),
  )
})
