import { type CollectorRow, overall, rowOf, type Snapshot, shown } from '../api/snapshot.ts'
import type { Config } from '../config/config.ts'
import { sampleVersionOf } from '../core/round.ts'
import type { Collector, Incident } from '../model/index.ts'
import type { Store } from '../state/store.ts'
import { day } from '../text/times.ts'
import type { Eye } from './eye.ts'
import type { Postman } from './postmen.ts'

/** What a picture is made of. */
export interface Scene {
  readonly config: Pick<Config, 'node' | 'collectors'>
  readonly version: string
  /** What machine this is, in words. */
  readonly machine: string
  /** When the daemon started. */
  readonly started: number
  /** All of them, also those that are switched off. */
  readonly collectors: readonly Collector[]
  readonly eyes: readonly Eye[]
  readonly incidents: readonly Incident[]
  readonly postmen: readonly Postman[]
  readonly store: Pick<Store, 'ledger' | 'sample' | 'told' | 'silences'>
}

/** What `agent status` shows, as of `at`. */
export function pictureOf(scene: Scene, at: number): Snapshot {
  const { config, version, machine, started, collectors, eyes, incidents, postmen, store } = scene
  const rows = collectors.map((it) => row(it, scene, at))
  return {
    version: 1,
    node: config.node,
    at,
    agent: { version, pid: process.pid, started },
    state: overall(incidents, rows),
    machine,
    incidents: shown(incidents, at),
    collectors: rows,
    sinks: postmen.map(({ name, delivery }) => ({ ...lastTold(store, name), ...delivery.state() })),
    silences: store.silences().filter((it) => it.until > at),
    outlook: eyes.flatMap((it) => it.outlook(at)).sort((a, b) => a.at - b.at),
  }
}

/** The postman knows what it told since it started; the book, what was told before. */
function lastTold(store: Scene['store'], sink: string): { readonly told?: number } {
  const times = store.told(sink).flatMap((it) => (it.perhaps ? [] : [it.at]))
  return times.length > 0 ? { told: Math.max(...times) } : {}
}

function row(collector: Collector, { config, eyes, store }: Scene, at: number): CollectorRow {
  const { name } = collector
  const open = store.ledger()
  const eye = eyes.find((it) => it.collector.name === name)
  if (!eye)
    return rowOf(collector, { settings: config.collectors[name]?.settings ?? {}, at, open, enabled: false })
  const known = store.sample(name, sampleVersionOf(collector))
  const sample = eye.outcome?.sample ?? known?.sample
  const [series] = Object.keys((sample && eye.collector.series?.(sample)) ?? {})
  return rowOf(eye.collector, {
    settings: eye.settings,
    at,
    open,
    outcome: eye.outcome,
    sample,
    last: known?.at,
    next: eye.rounds.next(),
    trend: series ? eye.series(series, at - day).map((it) => it.value) : [],
  })
}
