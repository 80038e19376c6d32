import type { ArtifactEntry, Finding, Point, Sample } from '../model/index.ts'
import { day } from '../text/times.ts'
import type { Archive } from './archive.ts'
import type { Snapshot } from './snapshot.ts'

/** What a daemon knows of one collector at one moment: its last sample, and its open findings. */
export interface LedgerView {
  readonly node: string
  readonly cluster?: string
  readonly now: number
  readonly at: number
  readonly sample: Sample
  readonly findings: readonly Finding[]
  /** The last day of the series that was asked for. */
  readonly trend: readonly Point[]
  /** The collector's artifacts, newest first. */
  readonly artifacts: readonly ArtifactEntry[]
}

/** Synchronous, so that no round can come between a sample and its findings. Null before the first round. */
export function ledgerView(
  store: Archive,
  { node, cluster, at: now }: Pick<Snapshot, 'node' | 'cluster' | 'at'>,
  collector: string,
  series: string,
): LedgerView | null {
  const known = store.sample(collector)
  if (!known) return null
  return {
    ...{ node, now, ...known },
    ...(cluster !== undefined && { cluster }),
    findings: store.ledger().filter((it) => isOpen(it, collector)),
    trend: series === '' ? [] : store.series(`${collector}.${series}`, now - day),
    artifacts: store.kept(collector),
  }
}

/** Whether a finding is open and belongs to a collector. */
export const isOpen = ({ code, resolved }: Finding, collector: string) =>
  resolved === undefined && code.startsWith(`${collector}.`)

/** A socket's answer as a view. Throws where it cannot be one: another version, or another program. */
export function ledgerViewOf(answer: unknown): LedgerView | null {
  if (answer === null) return null
  const it = (typeof answer === 'object' ? answer : {}) as Partial<LedgerView>
  const lists = [it.findings, it.trend, it.artifacts]
  const sound =
    typeof it.node === 'string' &&
    Number.isFinite(it.at) &&
    Number.isFinite(it.now) &&
    typeof it.sample === 'object' &&
    it.sample !== null &&
    lists.every(Array.isArray)
  if (!sound) throw new Error('what it answers is no view of this version of Murphy')
  return it as LedgerView
}
