import { chance } from '../chance.ts'

/** Chance in the forms in which generators need it. */
export interface Luck {
  /** A whole number from 0 up to, but not including, `limit`. */
  below(limit: number): number
  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T
  /** True in that part of all cases. */
  odds(part: number): boolean
}

/** The luck of one case: the same for the same names, so that any case can be made again by itself. */
export function luckOf(...names: readonly (string | number)[]): Luck {
  // FNV-1a over the names.
  let seed = 0x811c9dc5
  for (const unit of Buffer.from(names.join('\0'))) seed = Math.imul(seed ^ unit, 0x01000193)
  const next = chance(seed)
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    below,
    pick: <T>(list: readonly T[]) => list[below(list.length)] as T,
    odds: (part) => next() < part,
  }
}
