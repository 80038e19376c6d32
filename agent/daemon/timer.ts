import type { Deadline } from '../model/index.ts'
import { hour } from '../text/times.ts'

/** Rings once what is known to come at a date has come, so that it is looked at then and not at the next round. */
export interface Dates {
  /** What is to come, as of `at`; forecasts and what is over do not count. */
  set(deadlines: readonly Deadline[], at: number): void
  stop(): void
}

/** Later is left to the rounds, which set it anew. */
const furthest = hour
/** The last moment of a certificate is still part of its life. */
const after = 1000

export function dates(ring: () => void): Dates {
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
