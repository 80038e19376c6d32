import { hour } from '../text/times.ts'
/**
 * By which time things are forgotten. The clock of a node may be wrong: a board without a battery starts in
 * 1970 or whenever it was last on, a bad time server leads it months ahead and back. What was deleted by such a
 * clock does not come back, so deleting goes by a time that has been lived through.
 */
export interface Clock {
  /** Never later than the clock says, and never further on than was lived through, until the clock is confirmed. */
  readonly trusted: number
  /** What the clock said last. */
  readonly wall: number
  /** How long Murphy has run since the clock last jumped, ms. */
  readonly held: number
}

/** A clock that runs on for so long without a jump is believed. */
export const confirmedAfter = 24 * hour
/** Time servers put a clock right by less; what is more is a jump. */
const jump = hour
/** For so long an agent may have been stopped without its clock being asked to prove itself. */
const ordinaryStop = 24 * hour

/** At a start: from what was left, or from the time of the newest row where that is all there is. Pure. */
export function started(left: Clock | undefined, newest: number | undefined, wall: number): Clock {
  const last = newest ?? wall
  const clock = left ?? { trusted: last, wall: last, held: confirmedAfter }
  const gap = wall - clock.wall
  if (gap < -jump || gap > ordinaryStop) return { trusted: Math.min(clock.trusted, wall), wall, held: 0 }
  return moved(clock, wall, Math.max(0, gap), clock.held)
}

/** After `elapsed` ms by a clock that nobody can set. Pure. */
export function ticked(clock: Clock, wall: number, elapsed: number): Clock {
  const jumped = Math.abs(wall - clock.wall - elapsed) > jump
  return moved(clock, wall, elapsed, jumped ? 0 : clock.held + elapsed)
}

const moved = ({ trusted }: Clock, wall: number, by: number, held: number): Clock => ({
  trusted: held >= confirmedAfter ? wall : Math.min(wall, trusted + by),
  wall,
  held,
})
