import type { ArtifactEntry, Finding, Point, Sample } from '../model/index.ts'

/** What the API reads of the past. The store implements it. */
export interface Archive {
  /** Open findings, and recently resolved ones. */
  ledger(): readonly Finding[]
  history(from: number): readonly Finding[]
  series(name: string, from: number): readonly Point[]
  sample(collector: string): { readonly sample: Sample; readonly at: number } | undefined
  kept(collector: string): readonly ArtifactEntry[]
  artifact(collector: string, id: number): Uint8Array | undefined
}
