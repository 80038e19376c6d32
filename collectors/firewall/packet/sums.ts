/** Two 32-bit FNV-1a sums over UTF-16 units: they must tell two rule sets apart, not withstand forgery. */
export const rolling = () => new Rolling()

class Rolling {
  #low = 0x811c9dc5
  #high = 0x9747b28c

  add(text: string): void {
    let [low, high] = [this.#low, this.#high]
    for (let at = 0; at < text.length; at += 1) {
      const unit = text.charCodeAt(at)
      low = Math.imul(low ^ unit, 0x01000193)
      high = Math.imul(high ^ unit, 0x85ebca6b)
    }
    this.#low = Math.imul(low ^ 10, 0x01000193)
    this.#high = Math.imul(high ^ 10, 0x85ebca6b)
  }

  /** Mixes in another hash, which is cheaper than hashing its text again. */
  mix(other: Sum): void {
    this.#low = Math.imul(this.#low ^ other.low, 0x01000193)
    this.#high = Math.imul(this.#high ^ other.high, 0x85ebca6b)
  }

  text(): string {
    return [this.#low, this.#high].map((it) => (it >>> 0).toString(16).padStart(8, '0')).join('')
  }
}

export interface Sum {
  low: number
  high: number
}

/** The hash of one text, written to `into`: called for every rule, so it allocates nothing. */
export function sumOf(text: string, salt: number, into: Sum): void {
  let low = 0x811c9dc5 ^ salt
  let high = 0x9747b28c ^ salt
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    low = Math.imul(low ^ unit, 0x01000193)
    high = Math.imul(high ^ unit, 0x85ebca6b)
  }
  into.low = low ^ (low >>> 15)
  into.high = high ^ (high >>> 13)
}
