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
export const tally = (largest: number) => new Tally(largest)

class Tally {
  readonly #largest: number
  #size = 0
  #used = 0
  #memory = new ArrayBuffer(0)
  #lows = new Uint32Array(this.#memory)
  #highs = this.#lows
  #counts = this.#lows

  constructor(largest: number) {
    this.#largest = largest
    this.#make(Math.min(smallest, largest))
  }

  /** How often it has been added, including this time; 0 for a new hash when the table is full. */
  add(low: number, high: number): number {
    const at = this.#place(low >>> 0, high >>> 0)
    const before = this.#counts[at] ?? 0
    if (before === 0) {
      if (this.#used >= this.#largest * load) return 0
      this.#used += 1
    }
    this.#put(at, low >>> 0, high >>> 0, before + 1)
    if (before === 0 && this.#used > this.#size * load && this.#size < this.#largest) this.#grow()
    return before + 1
  }

  has(low: number, high: number): boolean {
    return this.#counts[this.#place(low >>> 0, high >>> 0)] !== 0
  }

  /** Removes all hashes. */
  clear(): void {
    free(this.#memory)
    this.#used = 0
    this.#make(Math.min(smallest, this.#largest))
  }

  #make(places: number): void {
    this.#size = places
    this.#memory = new ArrayBuffer(places * bytes)
    this.#lows = new Uint32Array(this.#memory, 0, places)
    this.#highs = new Uint32Array(this.#memory, places * 4, places)
    this.#counts = new Uint32Array(this.#memory, places * 8, places)
  }

  /** The slot of a hash, or the free one that it would take. */
  #place(low: number, high: number): number {
    const lows = this.#lows
    const highs = this.#highs
    const counts = this.#counts
    const last = this.#size - 1
    let at = (low ^ (low >>> 15)) & last
    while (counts[at] !== 0 && (lows[at] !== low || highs[at] !== high)) at = (at + 1) & last
    return at
  }

  #put(at: number, low: number, high: number, count: number): void {
    this.#lows[at] = low
    this.#highs[at] = high
    this.#counts[at] = count
  }

  #grow(): void {
    const [old, lows, highs, counts] = [this.#memory, this.#lows, this.#highs, this.#counts]
    this.#make(this.#size * 2)
    for (let from = 0; from < counts.length; from += 1) {
      const count = counts[from] ?? 0
      if (count === 0) continue
      const [low, high] = [lows[from] ?? 0, highs[from] ?? 0]
      this.#put(this.#place(low, high), low, high, count)
    }
    free(old)
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
    clear: () => sums.clear(),
  }
}
