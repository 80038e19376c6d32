import { incidents } from '../core/cascade.ts'
import { guarded } from '../core/guard.ts'
import { rulesOf, sampleVersionOf } from '../core/round.ts'
import { selfRules } from '../core/self.ts'
import type { Collector, Finding, Properties, Rules, Sample, Settings } from '../model/index.ts'
import { rowOf, type Snapshot, shown } from './snapshot.ts'

/** What a daemon left: the findings that were open, and what each collector last saw. */
export interface Left {
  readonly open: readonly Finding[]
  sample(collector: string, version: number): { readonly sample: Sample; readonly at: number } | undefined
}

/** A collector, and the settings its summary is made with. */
export type Looked = readonly [Collector, Settings<Properties>]

/** The picture of what a daemon left, as it looks at `now`. Nobody has looked since: what it is now is not known. Pure. */
export function lastSnapshot(left: Left, looked: readonly Looked[], node: string, now: number): Snapshot {
  const rules: Rules = Object.assign({}, ...looked.map(([it]) => rulesOf(it)), selfRules)
  const rows = looked.map(([collector, settings]) => {
    // A sample that nobody expected is no reason not to show what is open.
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
    incidents: shown(incidents(left.open, rules, now), now),
    collectors: rows,
    sinks: [],
    deadlines: [],
    silences: [],
  }
}
