import { incidents } from '../core/cascade.ts'
import { guarded } from '../core/guard.ts'
import { rulesOf, sampleVersionOf } from '../core/round.ts'
import { selfRules } from '../core/self.ts'
import type { Collector, Finding, Properties, Rules, Sample, Settings } from '../model/index.ts'
import { rowOf, type Snapshot, shown } from './snapshot.ts'

/** What a stopped daemon left on the disk: the open findings, and each collector's last sample. */
export interface Left {
  readonly open: readonly Finding[]
  sample(collector: string, version: number): { readonly sample: Sample; readonly at: number } | undefined
}

/** A collector, and the settings for its summary. */
export type Looked = readonly [Collector, Settings<Properties>]

/** A snapshot of what a stopped daemon left, as of `now`. Its state is `unknown`: nothing ran after that. Pure. */
export function lastSnapshot(left: Left, looked: readonly Looked[], node: string, now: number): Snapshot {
  const rules: Rules = Object.assign({}, ...looked.map(([it]) => rulesOf(it)), selfRules)
  const rows = looked.map(([collector, settings]) => {
    // A stored sample that makes a collector fail must not hide the open findings.
    const { collector: careful } = guarded(collector, () => {})
    const known = left.sample(collector.name, sampleVersionOf(collector))
    return rowOf(careful, { settings, at: now, open: left.open, sample: known?.sample, last: known?.at })
  })
  return {
    version: 2,
    node,
    at: now,
    agent: { version: '', pid: 0, started: 0 },
    state: 'unknown',
    machine: '',
    incidents: shown(incidents(left.open, rules, now), node, now),
    collectors: rows,
    sinks: [],
    deadlines: [],
    silences: [],
  }
}
