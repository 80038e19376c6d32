import type { Snapshot } from './snapshot.ts'

interface Metric {
  /** Prometheus's HELP text: one sentence. */
  readonly help: string
  /** Names of its labels. */
  readonly labels: readonly string[]
}

/**
 * Every metric, by its name without `murphy_`. All are gauges, and with the setting `cluster` all have a label of that
 * name: whoever scrapes several clusters tells them apart by it. `docs/metrics.md` is made from these.
 */
export const metrics = {
  info: { help: 'The agent, with its version; always 1.', labels: ['version', 'node'] },
  start_time_seconds: { help: 'When the agent started, unix seconds.', labels: [] },
  finding: {
    help: '1 for each finding that is open; cause is the code of the finding that explains it, or its own.',
    labels: ['code', 'subject', 'severity', 'cause'],
  },
  incidents: { help: 'Incidents that are open, by severity.', labels: ['severity'] },
  collector_blind: { help: '1 while a collector cannot see.', labels: ['collector'] },
  collector_last_look_seconds: { help: 'When a collector last looked, unix seconds.', labels: ['collector'] },
  collector_look_duration_seconds: { help: 'How long its last check took, seconds.', labels: ['collector'] },
  sink_failing: { help: '1 while a sink accepts nothing.', labels: ['sink'] },
  deadline_seconds: { help: 'When something expires or is used up, unix seconds.', labels: ['what'] },
} as const satisfies Readonly<Record<string, Metric>>

type Metrics = typeof metrics

/** The snapshot in Prometheus's text format. The library is loaded when somebody first asks. */
export async function metricsText(snapshot: Snapshot): Promise<string> {
  const { Gauge, Registry } = await import('prom-client')
  const registry = new Registry()
  if (snapshot.cluster !== undefined) registry.setDefaultLabels({ cluster: snapshot.cluster })
  const gauge = <Name extends keyof Metrics>(name: Name) => {
    const { help, labels } = metrics[name]
    return new Gauge<Metrics[Name]['labels'][number]>({
      name: `murphy_${name}`,
      help,
      labelNames: [...labels],
      registers: [registry],
    })
  }

  gauge('info').set({ version: snapshot.agent.version, node: snapshot.node }, 1)
  gauge('start_time_seconds').set(snapshot.agent.started / 1000)
  const finding = gauge('finding')
  const incidents = gauge('incidents')
  for (const severity of ['info', 'warning', 'critical'] as const) incidents.set({ severity }, 0)
  for (const incident of snapshot.incidents.filter((it) => it.resolved === undefined)) {
    incidents.inc({ severity: incident.severity })
    for (const it of [incident.cause, ...incident.affected])
      if (it.resolved === undefined)
        finding.set(
          { code: it.code, subject: it.subject, severity: it.severity, cause: incident.cause.code },
          1,
        )
  }
  const blind = gauge('collector_blind')
  const last = gauge('collector_last_look_seconds')
  const took = gauge('collector_look_duration_seconds')
  for (const it of snapshot.collectors) {
    if (it.state === 'off') continue
    blind.set({ collector: it.name }, it.state === 'blind' ? 1 : 0)
    if (it.last !== undefined) last.set({ collector: it.name }, it.last / 1000)
    if (it.took !== undefined) took.set({ collector: it.name }, it.took / 1000)
  }
  const failing = gauge('sink_failing')
  for (const it of snapshot.sinks) failing.set({ sink: it.name }, it.failing || it.gone ? 1 : 0)
  const deadlines = gauge('deadline_seconds')
  for (const it of snapshot.deadlines) deadlines.set({ what: it.what }, it.at / 1000)
  return registry.metrics()
}
