import { chance } from '../chance.ts'

/** Chance by a seed: the same sequence every time. */
export interface Dice {
  /** Whether something happens that happens with this probability. */
  yes(probability: number): boolean
  /** A number from `low` to `high`. */
  between(low: number, high: number): number
  /** A whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number
  one<T>(of: readonly T[]): T
}

export function dice(seed: number): Dice {
  const random = chance(seed * 2_654_435_761 + 1)
  const between = (low: number, high: number) => low + random() * (high - low)
  const whole = (low: number, high: number) => Math.floor(between(low, high + 1))
  return {
    yes: (probability) => random() < probability,
    between,
    whole,
    one: (of) => of[whole(0, of.length - 1)] as (typeof of)[number],
  }
}
