import type { Incident, QuietWindow, Severity } from '../../model/index.ts'
import { lastQuietEnd, passesAt, passesIn, quietAt } from '../windows.ts'
import { toldSeverity } from './change.ts'
import { gatherHeld, type Several } from './groups.ts'

/** What quiet hours make of what is due for a sink. */
export interface Holding {
  /** Whether it is quiet, and nothing may be told of this incident. */
  isHeld(it: Incident): boolean
  /** Whether something of this severity may be told now. */
  passes(it: Severity): boolean
  /** When quiet hours ended; undefined while they last, and where there were none lately. */
  readonly end: number | undefined
  /** Whether it would have been told in quiet hours, had it not been for them. */
  wasHeld(it: Incident): boolean
}

const none: Holding = { isHeld: () => false, passes: () => true, end: undefined, wasHeld: () => false }

/** The quiet hours of a sink as of now. Pure. */
export function holdingOf(windows: readonly QuietWindow[] | undefined, now: number): Holding {
  if (!windows || windows.length === 0) return none
  const quiet = quietAt(windows, now)
  // What is over was as grave as it ever was: who was told of something critical waits to hear that.
  const gravity = (it: Incident) => (it.resolved === undefined ? toldSeverity(it, now) : it.severity)
  return {
    isHeld: (it) => quiet !== undefined && !passesIn(quiet, gravity(it)),
    passes: (it) => quiet === undefined || passesIn(quiet, it),
    end: quiet ? undefined : lastQuietEnd(windows, now),
    wasHeld(it) {
      const passes = passesAt(windows, it.notifyAt)
      return passes !== undefined && !passesIn({ passes }, gravity(it))
    },
  }
}

/** What nobody was told of, by why. */
export interface Apart {
  /** The message about what was held back, if some of it is still open. */
  readonly quiet: Several | undefined
  /** What was held back, where all of it is over. */
  readonly held: readonly Incident[]
  /** The rest: what is open, and what is over. */
  readonly fresh: readonly Incident[]
  readonly missed: readonly Incident[]
}

/** Takes out of what nobody was told of what was held back in quiet hours that are over. Pure. */
export function heldApart(
  untold: readonly Incident[],
  groups: readonly Several[],
  { end, wasHeld }: Holding,
): Apart {
  const back = end === undefined ? [] : untold.filter(wasHeld)
  const quiet = end === undefined ? undefined : gatherHeld(back, groups, end)
  const joined = new Set(quiet?.joining)
  const isOver = (it: Incident) => it.resolved !== undefined
  const held = back.filter((it) => isOver(it) && !joined.has(it))
  const others = untold.filter((it) => !joined.has(it) && !held.includes(it))
  return { quiet, held, fresh: others.filter((it) => !isOver(it)), missed: others.filter(isOver) }
}
