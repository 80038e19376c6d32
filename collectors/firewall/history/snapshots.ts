import type { Host, Past } from '../../../agent/model/index.ts'
import { hour } from '../../../agent/text/times.ts'
import { orNothing } from '../../node/ask.ts'
import { byOwner, cellsOf, type FirewallSample, type RuleSet } from '../sample.ts'
import type { Author } from './author.ts'
import { keepsake, rulesWhole } from './keep.ts'

/** Pods come and go all the time; so often their part of the rules is brought up to date in what is kept. */
const refresh = 6 * hour

interface Look {
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

/**
 * Hands the rules over to be kept whole, the first time and whenever somebody changed them. Nothing is kept
 * after a flush: what is kept is to be put back, and must not be pushed out by ruins.
 */
export async function keepSnapshot(
  host: Host,
  { sample, keep }: Past<FirewallSample>,
  { sets, now, changed, broken, good, by }: Look,
): Promise<FirewallSample['kept']> {
  const kept = sample?.kept
  if (!keep || broken) return kept
  const hash = sets.map((it) => it.hash).join(' ')
  const due = !kept || changed || now - kept.at >= refresh
  const rules = sets.reduce((sum, it) => sum + it.rules, 0)
  if (!due || hash === kept?.hash || rules === 0) return kept
  const body = await orNothing(rulesWhole(host, sets))
  if (!body) return kept
  const counts = Object.fromEntries(byOwner(cellsOf(sets)))
  keep(keepsake({ rules, counts, good, ...(by && { by: by.map((it) => it.name).join(', ') }) }, body))
  return { at: now, hash }
}
