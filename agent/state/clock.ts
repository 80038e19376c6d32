import { hour } from '../text/times.ts'
/**
 * The time by which old rows are deleted. A node's clock may be wrong: a board without a battery starts in 1970 or at
 * its last shutdown, and a bad time server may move it months ahead and back. Deleted rows do not come back, so
 * deleting goes by time that has really passed.
 */
export interface Clock {
  /** Until the clock is confirmed: never later than the clock, and moves on only by time that really passed. */
  readonly trusted: number
  /** What the clock said last. */
  readonly wall: number
  /** How long Murphy has run since the clock last jumped, ms. */
  readonly held: number
}

/** A clock that has run this long without a jump, ms, is believed (confirmed). */
export const confirmedAfter = 24 * hour
/** A change of more than this, ms, is a jump; ordinary corrections by a time server are smaller. */
const jump = hour
/** After a longer stop than this, ms, the clock has to be confirmed again. */
const ordinaryStop = 24 * hour

/** The clock at a start: from the stored one, or from the time of the newest row where there is none. Pure. */
export function started(left: Clock | undefined, newest: number | undefined, wall: number): Clock {
  const last = newest ?? wall
  const clock = left ?? { trusted: last, wall: last, held: confirmedAfter }
  const gap = wall - clock.wall
  if (gap < -jump || gap > ordinaryStop) return { trusted: Math.min(clock.trusted, wall), wall, held: 0 }
  return moved(clock, wall, Math.max(0, gap), clock.held)
}

/** The clock after `elapsed` ms, measured by a monotonic clock. Pure. */
export function ticked(clock: Clock, wall: number, elapsed: number): Clock {
  const jumped = Math.abs(wall - clock.wall - elapsed) > jump
  return moved(clock, wall, elapsed, jumped ? 0 : clock.held + elapsed)
}

const moved = ({ trusted }: Clock, wall: number, by: number, held: number): Clock => ({
  trusted: held >= confirmedAfter ? wall : Math.min(wall, trusted + by),
  wall,
  held,
})
