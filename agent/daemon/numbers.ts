import type { Numbers } from '../api/metrics.ts'
import type { Measured } from '../model/index.ts'
import type { CollectorRun } from './collector-run.ts'
import type { Postman } from './postmen.ts'

/** What the numbers are made of. */
export interface NumbersScene {
  readonly runs: readonly Pick<CollectorRun, 'collector' | 'settings' | 'outcome' | 'tally' | 'isLate'>[]
  readonly postmen: readonly Pick<Postman, 'name' | 'tally'>[]
}

/** None where they cannot be made, as of a sample that an older agent has kept: the others' must not go with them. */
function measuredIn({ collector, settings, outcome }: NumbersScene['runs'][number]): readonly Measured[] {
  try {
    return outcome?.sample ? (collector.measures?.of(outcome.sample, settings, outcome.at) ?? []) : []
  } catch {
    return []
  }
}

/** What the agent counts, and what its collectors saw in their last rounds. */
export function numbersOf({ runs, postmen }: NumbersScene): Numbers {
  const { user, system } = process.cpuUsage()
  return {
    declared: Object.assign({}, ...runs.map(({ collector }) => collector.measures?.declared)),
    measured: runs.flatMap(measuredIn),
    rounds: Object.fromEntries(runs.map(({ collector, tally }) => [collector.name, tally.counts()])),
    late: Object.fromEntries(runs.map((run) => [run.collector.name, run.isLate()])),
    letters: Object.fromEntries(
      postmen.flatMap(({ name, tally }) => (tally ? [[name, tally.counts()] as const] : [])),
    ),
    memory: process.memoryUsage.rss(),
    cpu: (user + system) / 1_000_000,
  }
}
