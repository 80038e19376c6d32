import type { DatabaseSync } from 'node:sqlite'
import type { ArtifactEntry, Finding, Point } from '../model/index.ts'
import { listArtifacts } from './artifacts.ts'
import { readLeft } from './last-state.ts'
import { readSeries } from './series.ts'
import type { KeptSample } from './tables.ts'

/** What a daemon left on the disk about one collector. */
export interface SavedView {
  /** When the file was last written to. */
  readonly written: number
  /** Absent where it had no round, or its sample cannot be read. */
  readonly sample?: KeptSample
  /** Open ones, of all collectors. */
  readonly findings: readonly Finding[]
  readonly trend: readonly Point[]
  /** The collector's artifacts, newest first. */
  readonly artifacts: readonly ArtifactEntry[]
  /** What of it cannot be read, as a sentence without a full stop. */
  readonly lost?: string
}

/** Undefined where there is no state. Throws if it cannot be read. `series`: its full name, `collector.series`. */
export const savedView = (
  stateDir: string,
  collector: string,
  series: { readonly name: string; readonly from: number },
): SavedView | undefined =>
  readLeft(stateDir, ({ database, remembered, written, lost }) => {
    const sample = remembered.samples.find((it) => it.collector === collector)
    return {
      written,
      ...(sample && { sample }),
      findings: remembered.findings.filter((it) => it.resolved === undefined),
      trend: soundOf(database, (db) => readSeries(db, series.name, series.from)),
      artifacts: soundOf(database, (db) => listArtifacts(db, collector)),
      ...(lost && { lost }),
    }
  })

/** Empty where the table cannot be read: `lost` says so already. */
function soundOf<T>(database: DatabaseSync, ask: (db: DatabaseSync) => readonly T[]): readonly T[] {
  try {
    return ask(database)
  } catch {
    return []
  }
}
