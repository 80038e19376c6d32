import type { Incident, QuietWindow, Severity } from '../../model/index.ts'
import { minute, week } from '../../text/times.ts'
import { silencing } from '../silence.ts'
import { lastQuietEnd, passesAt, passesIn, quietAt, stretches } from '../windows.ts'
import { atLeast, findingsOf, type Policy, toldSeverity } from './change.ts'
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
export function holdingOf(policy: Pick<Policy, 'quiet' | 'min' | 'silences'>, now: number): Holding {
  const { quiet: windows = [] } = policy
  if (windows.length === 0) return none
  const quiet = quietAt(windows, now)
  const end = quiet ? undefined : lastQuietEnd(windows, now)
  // What is over was as grave as it ever was: who was told of something critical waits to hear that.
  const gravity = (it: Incident) => (it.resolved === undefined ? toldSeverity(it, now) : it.severity)
  return {
    isHeld: (it) => quiet !== undefined && !passesIn(quiet, gravity(it)),
    passes: (it) => quiet === undefined || passesIn(quiet, it),
    end,
    wasHeld(it) {
      const at = tellableFrom(it, policy)
      if (end === undefined || at >= end || at < beganAt(windows, end)) return false
      const passes = passesAt(windows, at)
      return passes !== undefined && !passesIn({ passes }, gravity(it))
    },
  }
}

/** When quiet hours that ended at `end` began, with those that they followed upon, ms. */
function beganAt(windows: readonly QuietWindow[], end: number): number {
  let at = end
  while (end - at < week) {
    const before = windows.flatMap((it) => stretches(it, at - 1, at - 1).map(({ since }) => since))
    if (before.length === 0) return at
    at = Math.min(...before)
  }
  return at
}

/** Since when a sink would have been told of it, but for quiet hours, ms: grave enough, and not silenced. */
function tellableFrom(incident: Incident, { min, silences = [] }: Pick<Policy, 'min' | 'silences'>): number {
  let from = Math.min(
    ...findingsOf(incident)
      .filter(({ severity }) => atLeast(severity, min))
      .map(({ notifyAt, graver }) => Math.max(notifyAt, graver?.to ?? notifyAt)),
  )
  for (let it = silencing(silences, incident, from); it; it = silencing(silences, incident, from))
    from = it.until
  return from
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

/** How long after the end of quiet hours what they held back is told, ms, unless the service cannot be reached. */
const soon = 5 * minute

/**
 * Takes out of what nobody was told of what was held back in quiet hours that are over. What began and ended is told with
 * what the service missed, where it could not be reached at their end either. Pure.
 */
export function heldApart(
  untold: readonly Incident[],
  groups: readonly Several[],
  { end, wasHeld }: Holding,
  now: number,
): Apart {
  const isOver = (it: Incident) => it.resolved !== undefined
  const back = end === undefined ? [] : untold.filter(wasHeld)
  const isOutage =
    end !== undefined && now - end > soon && untold.some((it) => isOver(it) && !back.includes(it))
  const apart = isOutage ? back.filter((it) => !isOver(it)) : back
  const quiet = end === undefined ? undefined : gatherHeld(apart, groups, end)
  const joined = new Set(quiet?.joining)
  const held = apart.filter((it) => isOver(it) && !joined.has(it))
  const others = untold.filter((it) => !joined.has(it) && !held.includes(it))
  return { quiet, held, fresh: others.filter((it) => !isOver(it)), missed: others.filter(isOver) }
}
