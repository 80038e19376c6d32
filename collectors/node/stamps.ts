import type { Stat } from '../../agent/model/index.ts'

/**
 * What changed within this time, ms, may change again without its timestamps showing it: vfat counts in two seconds.
 * That a clock was set back since shows by it too.
 */
const settled = 2_500
export const isSettled = ({ mtime, ctime }: Stat, now: number) => now - Math.max(mtime, ctime) >= settled

/** Identifies the state of a file or a folder; empty while it is so new that a further change might not show. */
export function stampOf(stat: Stat, now: number): string {
  const { dev, ino, size, mtime, ctime } = stat
  return isSettled(stat, now) ? `${dev}:${ino}:${size}:${mtime}:${ctime}` : ''
}

/** Whether two states are one. Who may set the times of a file cannot set its ctime. */
export const isSame = (one: Stat, other: Stat) =>
  one.ctime === other.ctime &&
  one.mtime === other.mtime &&
  one.size === other.size &&
  one.ino === other.ino &&
  one.dev === other.dev
