import { type Sum, sumOf } from './sums.ts'

const smallest = 1024
/** How full the table may be before a search in it becomes slow. */
const load = 0.75

/** Bytes of one slot: the two halves of a hash, and how often it was added. */
const bytes = 12

/** Frees the memory at once: the garbage collector does not see how large these buffers are. */
const free = (it: ArrayBuffer) => void it.transfer(0)

/**
 * Counts 64-bit hashes in 12 bytes each, where the texts themselves would fill the memory. `largest`: the greatest
 * number of slots, a power of two. Expects well mixed hashes.
 */
export function tally(largest: number) {
  let size = 0
  let memory = new ArrayBuffer(0)
  let lows = new Uint32Array(memory)
  let highs = lows
  let counts = lows
  let used = 0

  const make = (places: number) => {
    size = places
    memory = new ArrayBuffer(size * bytes)
    lows = new Uint32Array(memory, 0, size)
    highs = new Uint32Array(memory, size * 4, size)
    counts = new Uint32Array(memory, size * 8, size)
  }
  /** The slot of a hash, or the free one that it would take. */
  const place = (low: number, high: number) => {
    let at = (low ^ (low >>> 15)) & (size - 1)
    while (counts[at] !== 0 && (lows[at] !== low || highs[at] !== high)) at = (at + 1) & (size - 1)
    return at
  }
  const put = (at: number, low: number, high: number, count: number) => {
    lows[at] = low
    highs[at] = high
    counts[at] = count
  }
  const grow = () => {
    const [old, oldLows, oldHighs, oldCounts] = [memory, lows, highs, counts]
    make(size * 2)
    for (let from = 0; from < oldCounts.length; from += 1) {
      const [low, high, count] = [oldLows[from] ?? 0, oldHighs[from] ?? 0, oldCounts[from] ?? 0]
      if (count > 0) put(place(low, high), low, high, count)
    }
    free(old)
  }

  make(Math.min(smallest, largest))
  return {
    /** How often it has been added, including this time; 0 for a new hash when the table is full. */
    add(low: number, high: number): number {
      const at = place(low >>> 0, high >>> 0)
      const before = counts[at] ?? 0
      if (before === 0) {
        if (used >= largest * load) return 0
        used += 1
      }
      put(at, low >>> 0, high >>> 0, before + 1)
      if (before === 0 && used > size * load && size < largest) grow()
      return before + 1
    },
    has: (low: number, high: number) => counts[place(low >>> 0, high >>> 0)] !== 0,
    /** Removes all hashes. */
    clear() {
      free(memory)
      used = 0
      make(Math.min(smallest, largest))
    },
  }
}

/** Slots for 98,304 names, in 1.5 MB. */
const mostNames = 131_072

/** A set of names by their hashes. Once it is full, it claims to contain every name. */
export function nameSet() {
  const sums = tally(mostNames)
  const sum: Sum = { low: 0, high: 0 }
  let full = false
  return {
    add(name: string) {
      sumOf(name, 0, sum)
      full ||= sums.add(sum.low, sum.high) === 0
    },
    has(name: string) {
      sumOf(name, 0, sum)
      return full || sums.has(sum.low, sum.high)
    },
    /** Whether names had to be left out. */
    isFull: () => full,
    /** Removes all names; `isFull` stays as it is. */
    clear: sums.clear,
  }
}
