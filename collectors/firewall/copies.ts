import { own } from './steps.ts'

/** Rules that stand in one chain more than once. */
export interface Copies {
  /** How many rules could go without anything missing. */
  readonly extra: number
  /** The rule with the most copies: `TABLE CHAIN`, how often it is there, and its text. */
  readonly chain: string
  readonly times: number
  readonly text: string
}

const smallest = 1024
/** 1.3 MB, for all the rules there may be: about 98,000 different ones are compared, any beyond are not. */
const largest = 131_072
const longestText = 160

/**
 * Counts rules by a 64-bit sum of table and text in a hash table of bounded size, so that copies are found
 * wherever they stand. Expects well mixed sums.
 */
export function countCopies() {
  let size = smallest
  let lows = new Uint32Array(size)
  let highs = new Uint32Array(size)
  let counts = new Uint32Array(size)
  let used = 0
  let extra = 0
  let most: Omit<Copies, 'extra'> | undefined

  /** Where a sum is, or the free place it would have. */
  const place = (low: number, high: number) => {
    let at = (low ^ (low >>> 15)) & (size - 1)
    while (counts[at] !== 0 && (lows[at] !== low || highs[at] !== high)) at = (at + 1) & (size - 1)
    return at
  }
  const grow = () => {
    const [oldLows, oldHighs, oldCounts] = [lows, highs, counts]
    size *= 2
    lows = new Uint32Array(size)
    highs = new Uint32Array(size)
    counts = new Uint32Array(size)
    for (let from = 0; from < oldCounts.length; from += 1) {
      if (!oldCounts[from]) continue
      const at = place(oldLows[from] ?? 0, oldHighs[from] ?? 0)
      lows[at] = oldLows[from] ?? 0
      highs[at] = oldHighs[from] ?? 0
      counts[at] = oldCounts[from] ?? 0
    }
  }

  return {
    add(low: number, high: number, table: string, chain: string, text: string) {
      const at = place(low >>> 0, high >>> 0)
      const before = counts[at] ?? 0
      if (before === 0) {
        if (used >= largest * 0.75) return
        lows[at] = low >>> 0
        highs[at] = high >>> 0
        counts[at] = 1
        used += 1
        if (used > size / 2 && size < largest) grow()
        return
      }
      counts[at] = before + 1
      extra += 1
      if (!most || before + 1 > most.times)
        most = { chain: `${table} ${chain}`, times: before + 1, text: text.slice(0, longestText) }
    },
    found: (): Copies | undefined => most && { extra, ...most, text: own(most.text) },
  }
}
