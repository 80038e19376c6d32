/** How often something may be done: `burst` times at once, and once more for each `every` ms. Time that jumps gives one. */
export class Budget {
  readonly #burst: number
  readonly #every: number
  #left: number
  #at: number | undefined

  constructor(burst: number, every: number) {
    this.#burst = burst
    this.#every = every
    this.#left = burst
  }

  /** Whether one is left. */
  has(now: number): boolean {
    this.#fill(now)
    return this.#left >= 1
  }

  take(now: number): void {
    this.#fill(now)
    this.#left = Math.max(0, this.#left - 1)
  }

  /** How long until one is left, ms; 0 where one is. */
  wait(now: number): number {
    this.#fill(now)
    return this.#left >= 1 ? 0 : Math.ceil((1 - this.#left) * this.#every)
  }

  #fill(now: number): void {
    const passed = now - (this.#at ?? now)
    this.#at = now
    const more = passed < 0 ? 0 : passed / this.#every
    this.#left = Math.min(this.#burst, this.#left + more)
  }
}
