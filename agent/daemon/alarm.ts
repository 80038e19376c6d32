import { hour } from '../text/times.ts'

/** A timer for the next time something is due. */
export interface Alarm {
  /** The next time to ring; `at` is the present time. Replaces the one set before. */
  set(next: number, at: number): void
  stop(): void
}

/** The longest it sleeps, ms, so that a changed clock or anything overlooked is noticed by then. */
const longestSleep = hour

export function alarm(ring: () => void): Alarm {
  let timer: NodeJS.Timeout | undefined
  return {
    set(next, at) {
      clearTimeout(timer)
      timer = setTimeout(ring, Math.min(longestSleep, Math.min(next, at + longestSleep) - at + 1))
      timer.unref()
    },
    stop: () => clearTimeout(timer),
  }
}
