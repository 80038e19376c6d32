import type { Snapshot } from './snapshot.ts'

/** The snapshot in Prometheus's text format. The library is loaded when somebody first asks. */
export async function metricsText(snapshot: Snapshot): Promise<string> {
  const { Gauge, Registry } = await import('prom-client')
  const registry = new Registry()
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Gauge<Label>({ name: `murphy_${name}`, help, labelNames: [...labelNames], registers: [registry] })

  gauge('info', 'The agent, with its version.', ['version', 'node']).set(
    { version: snapshot.agent.version, node: snapshot.node },
    1,
  )
  gauge('start_time_seconds', 'When the agent started, unix seconds.').set(snapshot.agent.started / 1000)
  const finding = gauge('finding', '1 for each finding that is open.', [
    'code',
    'subject',
    'severity',
    'root',
  ])
  const incidents = gauge('incidents', 'Incidents that are open, by severity.', ['severity'])
  for (const severity of ['info', 'warning', 'critical'] as const) incidents.set({ severity }, 0)
  for (const incident of snapshot.incidents.filter((it) => it.resolved === undefined)) {
    incidents.inc({ severity: incident.severity })
    for (const it of [incident.root, ...incident.consequences])
      if (it.resolved === undefined)
        finding.set(
          { code: it.code, subject: it.subject, severity: it.severity, root: incident.root.code },
          1,
        )
  }
  const blind = gauge('collector_blind', '1 while a collector cannot see.', ['collector'])
  const last = gauge('collector_last_look_seconds', 'When a collector last looked, unix seconds.', [
    'collector',
  ])
  const took = gauge('collector_look_duration_seconds', 'How long its last look took.', ['collector'])
  for (const it of snapshot.collectors) {
    if (it.state === 'off') continue
    blind.set({ collector: it.name }, it.state === 'blind' ? 1 : 0)
    if (it.last !== undefined) last.set({ collector: it.name }, it.last / 1000)
    if (it.took !== undefined) took.set({ collector: it.name }, it.took / 1000)
  }
  const failing = gauge('sink_failing', '1 while a sink accepts nothing.', ['sink'])
  for (const it of snapshot.sinks) failing.set({ sink: it.name }, it.failing || it.gone ? 1 : 0)
  const outlook = gauge('outlook_seconds', 'When something runs out, unix seconds.', ['what'])
  for (const it of snapshot.outlook) outlook.set({ what: it.what }, it.at / 1000)
  return registry.metrics()
}
