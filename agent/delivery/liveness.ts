import { minute } from '../text/times.ts'

/** How much later than it should a worker may be back, ms: several letters of 15 s each, on a busy node. */
export const lateness = 5 * minute

type Sleep = (ms: number, signal: AbortSignal) => Promise<void>

/** Whether a worker lives: it has not ended, and comes back from whatever it waits for. */
export class Liveness {
  readonly #elapsed: () => number
  #backBy: number
  #hasEnded: boolean = false

  /** `elapsed`: a monotonic clock, ms. */
  constructor(elapsed: () => number = () => performance.now()) {
    this.#elapsed = elapsed
    this.#backBy = elapsed() + lateness
  }

  /** The pauses that it makes between its work: after each it has to be back. */
  watched(sleep: Sleep): Sleep {
    return async (ms, signal) => {
      this.#backBy = this.#elapsed() + ms + lateness
      await sleep(ms, signal)
      this.#backBy = this.#elapsed() + lateness
    }
  }

  /** Its work, and what is to be done once that has ended, however it did. */
  async until(work: Promise<unknown>, afterwards: () => Promise<unknown>): Promise<void> {
    try {
      await work
    } finally {
      this.#hasEnded = true
      await afterwards()
    }
  }

  lives(): boolean {
    return !this.#hasEnded && this.#elapsed() < this.#backBy
  }
}
