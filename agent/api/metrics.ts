import { tellFrom } from '../core/ledger.ts'
import type { Counts } from '../core/tally.ts'
import { type Finding, type Incident, type Measure, type Measured, severities } from '../model/index.ts'
import { histogramText } from './histogram.ts'
import type { Snapshot } from './snapshot.ts'

/** How many values of one metric are shown at most: a node has some hundred of anything, and each is kept for weeks. */
const mostMeasured = 250

interface Metric extends Measure {
  readonly type: 'gauge' | 'counter' | 'histogram'
}

const gauge = <const Labels extends readonly string[]>(labels: Labels, help: string) =>
  ({ type: 'gauge', help, labels }) as const
const counter = <const Labels extends readonly string[]>(labels: Labels, help: string) =>
  ({ type: 'counter', help, labels }) as const

/**
 * Every metric of the agent itself, by its name without `murphy_`; those of collectors are theirs. With the setting
 * `cluster` all have a label of that name: whoever scrapes several clusters tells them apart by it. `docs/metrics.md` is
 * made from both.
 */
export const metrics = {
  info: gauge(['version', 'node'], 'The agent, with its version; always 1.'),
  start_time_seconds: gauge([], 'When the agent started, unix seconds.'),
  resident_memory_bytes: gauge([], 'Memory of the agent itself.'),
  cpu_seconds_total: counter([], 'Time of a core that the agent itself has used.'),
  finding: gauge(
    ['code', 'subject', 'severity', 'cause'],
    '1 for each finding that is open and has outlasted its patience; cause is the code of the finding that explains it, or its own.',
  ),
  incidents: gauge(['severity'], 'Incidents of such findings that are open, by severity.'),
  silences: gauge([], 'Silences in force.'),
  collector_blind: gauge(['collector'], '1 while a collector cannot see.'),
  collector_last_look_timestamp_seconds: gauge(['collector'], 'When a collector last looked, unix seconds.'),
  collector_look_duration_seconds: gauge(['collector'], 'How long its last check took, seconds.'),
  collector_late: gauge(['collector'], '1 while a check that was due by its schedule has not ended.'),
  collector_rounds_total: counter(
    ['collector', 'outcome'],
    'Checks since the agent started; failed are those that saw nothing.',
  ),
  sink_failing: gauge(['sink'], '1 while a sink accepts nothing.'),
  sink_waiting: gauge(['sink'], 'Messages that are due, and not accepted yet.'),
  sink_last_sent_timestamp_seconds: gauge(['sink'], 'When a sink last accepted a message, unix seconds.'),
  sink_letters_total: counter(
    ['sink', 'outcome'],
    'Requests to a sink since the agent started, by what became of them; again are those that are tried again.',
  ),
  heartbeat_failing: gauge(
    ['heartbeat'],
    '1 while a heartbeat is not accepted, or not sent, as something in Murphy does not work.',
  ),
  heartbeat_last_sent_timestamp_seconds: gauge(
    ['heartbeat'],
    'When a heartbeat was last accepted, unix seconds.',
  ),
  deadline_timestamp_seconds: gauge(['what'], 'When something expires or is used up, unix seconds.'),
  left_out: gauge(['metric'], `Values of a metric that are not shown, as it has more than ${mostMeasured}.`),
} as const satisfies Readonly<Record<string, Metric>>

/** Those with buckets, which are written by hand: their numbers are counted elsewhere. */
export const histograms = {
  collector_round_duration_seconds: {
    ...{ type: 'histogram', labels: ['collector'] },
    help: 'How long checks took since the agent started, seconds.',
  },
  sink_letter_duration_seconds: {
    ...{ type: 'histogram', labels: ['sink'] },
    help: 'How long requests to a sink took since the agent started, seconds.',
  },
} as const satisfies Readonly<Record<string, Metric>>

/** What the agent counts beside its snapshot. */
export interface Numbers {
  /** What the collectors declare, and what they have measured. */
  readonly declared: Readonly<Record<string, Measure>>
  readonly measured: readonly Measured[]
  /** By collector, and by sink. */
  readonly rounds: Readonly<Record<string, Counts>>
  readonly letters: Readonly<Record<string, Counts>>
  /** Whether a check that was due by its schedule has not ended, by collector. */
  readonly late: Readonly<Record<string, boolean>>
  /** Of this process: bytes, and seconds of a core. */
  readonly memory: number
  readonly cpu: number
}

export const noNumbers: Numbers = {
  ...{ declared: {}, measured: [], rounds: {}, letters: {}, late: {} },
  ...{ memory: 0, cpu: 0 },
}

type Set = (name: keyof typeof metrics, labels: Readonly<Record<string, string>>, value: number) => void

/** The snapshot and the numbers in Prometheus's text format. The library is loaded when somebody first asks. */
export async function metricsText(snapshot: Snapshot, numbers: Numbers = noNumbers): Promise<string> {
  const { Counter, Gauge, Registry } = await import('prom-client')
  const registry = new Registry()
  const { cluster } = snapshot
  if (cluster !== undefined) registry.setDefaultLabels({ cluster })
  const open = (name: string, { type, help, labels }: Omit<Metric, 'type'> & { readonly type?: string }) => {
    const options = { name: `murphy_${name}`, help, labelNames: [...labels], registers: [registry] }
    if (type === 'counter') {
      const it = new Counter(options)
      return (given: Readonly<Record<string, string>>, value: number) => it.inc({ ...given }, value)
    }
    const it = new Gauge(options)
    return (given: Readonly<Record<string, string>>, value: number) => it.set({ ...given }, value)
  }
  const own = new Map(Object.entries(metrics).map(([name, it]) => [name, open(name, it)] as const))
  const set: Set = (name, labels, value) => own.get(name)?.(labels, value)
  showSnapshot(snapshot, set)
  showNumbers(numbers, set)
  const finite = numbers.measured.filter((it) => Number.isFinite(it.value))
  for (const [name, all] of Map.groupBy(finite, (it) => it.name)) {
    const declared = numbers.declared[name]
    if (!declared) continue
    const show = open(name, { ...declared, ...(declared.counter && { type: 'counter' }) })
    for (const it of all.slice(0, mostMeasured)) show(it.labels ?? {}, it.value)
    if (all.length > mostMeasured) set('left_out', { metric: `murphy_${name}` }, all.length - mostMeasured)
  }
  const above = cluster === undefined ? {} : { cluster }
  return [
    await registry.metrics(),
    histogramText('collector_round_duration_seconds', histograms, numbers.rounds, above),
    histogramText('sink_letter_duration_seconds', histograms, numbers.letters, above),
  ].join('\n')
}

const statementsIn = ({ cause, affected }: Incident): readonly Finding[] => [cause, ...affected]

/** Whether people are told of it by now. One that was found in the future was so before the clock was set back. */
const isTold = (it: Finding, at: number) => it.resolved === undefined && (tellFrom(it) <= at || it.found > at)

function showSnapshot(snapshot: Snapshot, set: Set): void {
  set('info', { version: snapshot.agent.version, node: snapshot.node }, 1)
  set('start_time_seconds', {}, snapshot.agent.started / 1000)
  const { at } = snapshot
  const open = snapshot.incidents.filter(
    (it) => it.resolved === undefined && statementsIn(it).some((one) => isTold(one, at)),
  )
  for (const severity of ['info', 'warning', 'critical'] as const)
    set('incidents', { severity }, open.filter((it) => it.severity === severity).length)
  const findings = open
    .flatMap((it) => statementsIn(it).map((one) => ({ ...one, cause: it.cause.code })))
    .filter((it) => isTold(it, at))
    .toSorted((a, b) => severities.indexOf(b.severity) - severities.indexOf(a.severity))
  for (const { code, subject, severity, cause } of findings.slice(0, mostMeasured))
    set('finding', { code, subject, severity, cause }, 1)
  if (findings.length > mostMeasured)
    set('left_out', { metric: 'murphy_finding' }, findings.length - mostMeasured)
  set('silences', {}, snapshot.silences.length)
  for (const it of snapshot.collectors) {
    if (it.state === 'off') continue
    const of = { collector: it.name }
    set('collector_blind', of, it.state === 'blind' ? 1 : 0)
    if (it.last !== undefined) set('collector_last_look_timestamp_seconds', of, it.last / 1000)
    if (it.took !== undefined) set('collector_look_duration_seconds', of, it.took / 1000)
  }
  for (const it of snapshot.sinks) {
    const of = { sink: it.name }
    set('sink_failing', of, it.failing || it.gone ? 1 : 0)
    set('sink_waiting', of, it.waiting)
    if (it.lastSent !== undefined) set('sink_last_sent_timestamp_seconds', of, it.lastSent / 1000)
  }
  for (const it of snapshot.heartbeats ?? []) {
    const of = { heartbeat: it.name }
    set('heartbeat_failing', of, it.failing || it.held !== undefined ? 1 : 0)
    if (it.lastSent !== undefined) set('heartbeat_last_sent_timestamp_seconds', of, it.lastSent / 1000)
  }
  for (const it of snapshot.deadlines) set('deadline_timestamp_seconds', { what: it.what }, it.at / 1000)
}

function showNumbers({ memory, cpu, rounds, letters, late }: Numbers, set: Set): void {
  set('resident_memory_bytes', {}, memory)
  set('cpu_seconds_total', {}, cpu)
  for (const [collector, it] of Object.entries(late)) set('collector_late', { collector }, Number(it))
  for (const [collector, { outcomes }] of Object.entries(rounds))
    for (const [outcome, times] of Object.entries(outcomes))
      set('collector_rounds_total', { collector, outcome }, times)
  for (const [sink, { outcomes }] of Object.entries(letters))
    for (const [outcome, times] of Object.entries(outcomes))
      set('sink_letters_total', { sink, outcome }, times)
}
