import type { Finding, Kept, Point, Sample } from '../model/index.ts'

/** What of the past people may ask for. Whoever remembers it gives it. */
export interface Archive {
  /** What is open, and what is kept of what was. */
  ledger(): readonly Finding[]
  history(from: number): readonly Finding[]
  series(name: string, from: number): readonly Point[]
  sample(collector: string): { readonly sample: Sample; readonly at: number } | undefined
  kept(collector: string): readonly Kept[]
  artifact(collector: string, id: number): Uint8Array | undefined
}
