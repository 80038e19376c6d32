import { second } from '../text/times.ts'

/** How often something was done since the start, how it ended, and how long it took. */
export interface Counts<Outcome extends string = string> {
  readonly outcomes: Readonly<Record<Outcome, number>>
  /** How many took at most so many seconds, by the bounds in order. */
  readonly within: readonly (readonly [seconds: number, times: number])[]
  /** How many in all, and how long all of them took, in seconds. */
  readonly times: number
  readonly seconds: number
}

/** Seconds: from an answer in the same network to a check of a node in trouble. */
const bounds = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** Counts one kind of work. */
export class Tally<Outcome extends string> {
  readonly #outcomes: Record<string, number>
  readonly #within = bounds.map(() => 0)
  #times = 0
  #seconds = 0

  /** All outcomes there are: what never happened is 0, and not missing. */
  constructor(outcomes: readonly Outcome[]) {
    this.#outcomes = Object.fromEntries(outcomes.map((it) => [it, 0]))
  }

  /** `took`: ms. */
  add(outcome: Outcome, took: number): void {
    const seconds = took / second
    this.#outcomes[outcome] = (this.#outcomes[outcome] ?? 0) + 1
    this.#times += 1
    this.#seconds += seconds
    for (const [at, bound] of bounds.entries())
      if (seconds <= bound) this.#within[at] = (this.#within[at] ?? 0) + 1
  }

  counts(): Counts<Outcome> {
    return {
      outcomes: { ...this.#outcomes } as Record<Outcome, number>,
      within: bounds.map((bound, at) => [bound, this.#within[at] ?? 0] as const),
      times: this.#times,
      seconds: this.#seconds,
    }
  }
}
