import { own } from '../packet/steps.ts'
import { tally } from '../packet/tally.ts'

/** Rules that stand in one chain more than once. */
export interface Copies {
  /** How many rules could be deleted without any effect. */
  readonly extra: number
  /** The rule with the most copies: `TABLE CHAIN`, how often it is there, and its text. */
  readonly chain: string
  readonly times: number
  readonly text: string
}

/** A table of 1.5 MB for all rules: about 98,000 different ones are compared, further ones are ignored. */
const largest = 131_072
const longestText = 160

/** Counts rules by a hash of table and text, so that copies are found even far apart. */
export function countCopies() {
  const rules = tally(largest)
  let extra = 0
  let most: Omit<Copies, 'extra'> | undefined
  return {
    add(low: number, high: number, table: string, chain: string, text: string) {
      const times = rules.add(low, high)
      if (times < 2) return
      extra += 1
      if (!most || times > most.times)
        most = { chain: `${table} ${chain}`, times, text: text.slice(0, longestText) }
    },
    /** The result, to be asked for after the last rule. */
    end(): Copies | undefined {
      rules.clear()
      return most && { extra, ...most, text: own(most.text) }
    },
  }
}
