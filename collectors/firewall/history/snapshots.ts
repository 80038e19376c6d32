import { hour } from '../../../agent/text/times.ts'
import { byOwner } from '../cells.ts'
import { cellsOf, type RuleSet } from '../rule-set.ts'
import type { Author } from './author.ts'
import type { AboutRules } from './kept-rules.ts'

/** How often a snapshot is renewed, ms, when only the rules of pods, which change all the time, differ. */
const refresh = 6 * hour

/** When the last snapshot was saved, and a hash of its rules. */
export interface Kept {
  readonly at: number
  readonly hash: string
}

export interface Look {
  readonly sets: readonly RuleSet[]
  readonly now: number
  /** Rules changed that do not come and go with pods. */
  readonly changed: boolean
  /** No snapshot may be saved: rules were flushed, or could not be read. */
  readonly broken: boolean
  /** There was no finding. */
  readonly good: boolean
  readonly by: readonly Author[] | undefined
}

/** A snapshot to be saved, and what to remember once it is. */
export interface Snapshot {
  readonly about: AboutRules
  readonly kept: Kept
}

/**
 * Whether to save a snapshot of the rules: the first time, whenever somebody changed them, and otherwise at intervals.
 * Not after a flush: snapshots are there to be restored, and damaged rules must not push them out. Pure.
 */
export function snapshotDue(
  kept: Kept | undefined,
  { sets, now, changed, broken, good, by }: Look,
): Snapshot | undefined {
  if (broken) return undefined
  const hash = sets.map((it) => it.hash).join(' ')
  const due = !kept || changed || now - kept.at >= refresh
  const rules = sets.reduce((sum, it) => sum + it.rules, 0)
  if (!due || hash === kept?.hash || rules === 0) return undefined
  const counts = Object.fromEntries(byOwner(cellsOf(sets)))
  return {
    about: { rules, counts, good, ...(by && { by: by.map((it) => it.name).join(', ') }) },
    kept: { at: now, hash },
  }
}
