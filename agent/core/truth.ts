import type { Incident, Rules } from '../model/index.ts'
import { incidents } from './cascade.ts'
import { type Judgements, judgedIn, ofRules } from './last-well.ts'
import { type Ledger, type Look, step } from './ledger.ts'
import type { Outcome } from './round.ts'
import { assessSelf, type SelfState } from './self.ts'

/** What is true of a node, and why. */
export interface Truth {
  readonly ledger: Ledger
  readonly judgements: Judgements
  readonly incidents: readonly Incident[]
}

/**
 * What is true after a round of a collector (absent: only time has passed) and by Murphy's own state, as of `at`, which
 * is not before the round. Pure: the daemon, a film and a year of time-lapse all decide by it.
 */
export function truthAfter(
  before: Pick<Truth, 'ledger' | 'judgements'>,
  outcome: Outcome | undefined,
  self: SelfState,
  rules: Rules,
  at: number,
): Truth {
  const { ledger: seen, judgements } = outcome ? after(before, outcome, outcome.at) : before
  const now = after({ ledger: seen, judgements }, assessSelf(self, at), at)
  return {
    ledger: now.ledger,
    judgements: ofRules(now.judgements, rules),
    incidents: incidents(now.ledger, rules, at),
  }
}

function after({ ledger, judgements }: Pick<Truth, 'ledger' | 'judgements'>, look: Look, at: number) {
  return { ledger: step(ledger, look, at, judgements), judgements: judgedIn(judgements, look, at) }
}
