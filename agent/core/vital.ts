import type { Space } from '../model/index.ts'
import { duration } from '../text/durations.ts'
import { minute } from '../text/times.ts'

/** What is known of one collector's rounds. */
export interface Rounds {
  readonly name: string
  /** How long ago its last round was completed, ms, by a clock that nobody sets; absent: none was. */
  readonly good?: number
  /** For how long, ms, none has seen anything, by the same clock; absent: the last one did. */
  readonly blind?: number
  /** Whether the next one should long have been over, by its schedule. */
  readonly late: boolean
}

/** What Murphy needs to do its work. */
export interface Vitals {
  readonly rounds: readonly Rounds[]
  /** The sinks' workers. */
  readonly workers: readonly { readonly name: string; readonly lives: boolean }[]
  /** Why the state would not survive a restart. */
  readonly stateProblem?: string | undefined
  /** How full the disk of the state is, or why nobody can tell. */
  readonly space: Space | string
}

/** A collector may see nothing for so long, ms, before Murphy counts as not working: what is short is told otherwise. */
const blindFor = 5 * minute
/** With less, in bytes, nothing more can be remembered. */
const leastRoom = 1024 * 1024

/**
 * Why Murphy does not work as it should, as a sentence; undefined while every collector completes its rounds, each sink
 * has its worker, and the state can be written. What is wrong with the node is nothing of that. Pure.
 */
export function notWorking({ rounds, workers, stateProblem, space }: Vitals): string | undefined {
  for (const { name, good, blind = 0, late } of rounds) {
    if (good === undefined) return `${name} has completed no round yet`
    if (late || blind > blindFor) return `${name} has completed no round for ${duration(good)}`
  }
  for (const { name, lives } of workers) if (!lives) return `the worker of sink ${name} does not go on`
  if (stateProblem !== undefined) return stateProblem
  if (typeof space === 'string') return space
  if (space.available < leastRoom) return 'the disk of the state is full'
  return space.inodes > 0 && space.inodesFree === 0 ? 'the disk of the state has no free inode' : undefined
}
