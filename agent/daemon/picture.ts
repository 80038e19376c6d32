import {
  type CollectorRow,
  type ExposedRow,
  overall,
  rowOf,
  type SinkRow,
  type Snapshot,
  shown,
} from '../api/snapshot.ts'
import type { Config } from '../config/config.ts'
import { sampleVersionOf } from '../core/round.ts'
import { silencesAt } from '../core/windows.ts'
import type { Collector, HeartbeatState, Incident } from '../model/index.ts'
import type { Store } from '../state/store.ts'
import { day } from '../text/times.ts'
import type { CollectorRun } from './collector-run.ts'
import type { Kubernetes } from './kubernetes.ts'
import type { Postman } from './postmen.ts'

/** What a snapshot is made of. */
export interface Scene {
  readonly config: Pick<Config, 'node' | 'collectors'> & Partial<Pick<Config, 'letterhead' | 'maintenance'>>
  readonly version: string
  /** What machine this is, in words. */
  readonly machine: string
  /** When the daemon started. */
  readonly started: number
  /** All collectors, also disabled ones. */
  readonly collectors: readonly Collector[]
  readonly runs: readonly CollectorRun[]
  readonly incidents: readonly Incident[]
  readonly postmen: readonly Postman[]
  /** What is written to Kubernetes, where that is wanted. */
  readonly kubernetes?: Pick<Kubernetes, 'state'> | undefined
  readonly heartbeats?: readonly HeartbeatState[]
  readonly exposed?: readonly ExposedRow[]
  readonly store: Pick<Store, 'ledger' | 'sample' | 'told' | 'silences'>
}

/** What `agent status` shows, as of `at`. */
export function pictureOf(scene: Scene, at: number): Snapshot {
  const { config, version, machine, started, collectors, runs, incidents, postmen, store } = scene
  const { heartbeats = [], exposed = [] } = scene
  const rows = collectors.map((it) => row(it, scene, at))
  const { cluster } = config.letterhead ?? {}
  return {
    version: 2,
    node: config.node,
    ...(cluster !== undefined && { cluster }),
    at,
    agent: { version, pid: process.pid, started },
    state: overall(incidents, rows),
    machine,
    incidents: shown(incidents, config.node, at),
    collectors: rows,
    sinks: [
      ...postmen.map((it) => sinkRow(it, store, at)),
      ...(scene.kubernetes ? [scene.kubernetes.state()] : []),
    ],
    ...(heartbeats.length > 0 && { heartbeats }),
    ...(exposed.length > 0 && { exposed }),
    silences: silencesAt(store.silences(), config.maintenance, at).filter((it) => it.until > at),
    deadlines: runs.flatMap((it) => it.deadlines(at)).sort((a, b) => a.at - b.at),
  }
}

function sinkRow({ name, delivery, onlyWhen, quiet }: Postman, store: Scene['store'], at: number): SinkRow {
  const now = quiet?.(at)
  return {
    ...{ ...lastSent(store, name), ...delivery.state() },
    ...(onlyWhen && { onlyWhen }),
    ...(now && { quiet: { until: now.until, passes: now.passes } }),
  }
}

/** The last notification before the daemon started, by the notification records; the postman knows only later ones. */
function lastSent(store: Scene['store'], sink: string): { readonly lastSent?: number } {
  const times = store.told(sink).flatMap((it) => (it.unconfirmed ? [] : [it.at]))
  return times.length > 0 ? { lastSent: Math.max(...times) } : {}
}

function row(collector: Collector, { config, runs, store }: Scene, at: number): CollectorRow {
  const { name } = collector
  const open = store.ledger()
  const run = runs.find((it) => it.collector.name === name)
  if (!run)
    return rowOf(collector, { settings: config.collectors[name]?.settings ?? {}, at, open, enabled: false })
  const known = store.sample(name, sampleVersionOf(collector))
  const sample = run.outcome?.sample ?? known?.sample
  const [series] = Object.keys((sample && run.collector.series?.(sample)) ?? {})
  return rowOf(run.collector, {
    settings: run.settings,
    at,
    open,
    outcome: run.outcome,
    sample,
    last: known?.at,
    next: run.rounds.next(),
    trend: series ? run.series(series, at - day).map((it) => it.value) : [],
  })
}
