import { second } from '../../agent/text/times.ts'

/** Rounds come as often as this while something is wrong, and every second one of them while all is well. */
export const pace = 10 * second

/** Whether a pause of so many ms ends with this round, by the clock: nothing has to be kept for that. */
export const isDue = (now: number, pause: number): boolean =>
  Math.floor(now / pace) % Math.round(pause / pace) === 0
