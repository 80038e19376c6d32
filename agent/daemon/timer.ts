import type { Deadline } from '../model/index.ts'
import { hour } from '../text/times.ts'

/** A timer for the next deadline with a fixed date, so that a round runs then and not only on schedule. */
export interface Timer {
  /** Sets the timer; `at` is the present time. Forecasts and past deadlines do not count. */
  set(deadlines: readonly Deadline[], at: number): void
  stop(): void
}

/** Later dates are left out, ms: each round sets the timer again. */
const furthest = hour
/** Delay after the date, ms, because a certificate is still valid in its last second. */
const after = 1000

export function timer(ring: () => void): Timer {
  let timer: NodeJS.Timeout | undefined
  return {
    set(deadlines, at) {
      clearTimeout(timer)
      const next = Math.min(
        ...deadlines.filter((it) => it.confidence === 'date' && it.at >= at).map((it) => it.at),
      )
      if (next - at > furthest) return
      timer = setTimeout(ring, next - at + after)
      timer.unref()
    },
    stop: () => clearTimeout(timer),
  }
}
