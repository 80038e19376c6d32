import { hour } from '../../../agent/text/times.ts'
import { byOwner } from '../cells.ts'
import { cellsOf, type RuleSet } from '../rule-set.ts'
import type { Author } from './author.ts'
import type { AboutRules } from './kept-rules.ts'

/** Pods come and go all the time; so often their part of the rules is brought up to date in what is kept. */
const refresh = 6 * hour

/** When rules were last kept whole, and which. */
export interface Kept {
  readonly at: number
  readonly hash: string
}

export interface Look {
  readonly sets: readonly RuleSet[]
  readonly now: number
  /** Somebody changed what does not come and go with pods. */
  readonly changed: boolean
  /** Nothing of this is to be kept: rules were taken away, or could not be read. */
  readonly broken: boolean
  /** Nothing was found to be wrong. */
  readonly good: boolean
  readonly by: readonly Author[] | undefined
}

/** What is worth to be kept now, and what is noted once it is. */
export interface Snapshot {
  readonly about: AboutRules
  readonly kept: Kept
}

/**
 * Whether the rules are to be kept whole: the first time and whenever somebody changed them. Nothing is kept
 * after a flush: what is kept is to be put back, and must not be pushed out by ruins. Pure.
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
