import type { Incident, Notice, NotificationRecord, Severity } from '../model/index.ts'
import { atLeast } from './plan/change.ts'
import { failingFor } from './self.ts'

/** What is known of a sink that another one stands in for. */
export interface StoodInFor {
  readonly failing?: { readonly since: number }
  readonly lastSent?: number
  /** What is due for it. */
  readonly due: readonly Notice[]
}

/**
 * Since when a sink has to stand in for these, ms: each of them has accepted nothing for `failingFor`. One that takes
 * some messages and refuses others works. Undefined while it has not. Pure.
 */
export function standsInSince(all: readonly Omit<StoodInFor, 'due'>[], now: number): number | undefined {
  const since = Math.max(
    ...all.map(({ failing, lastSent = Number.NEGATIVE_INFINITY }) =>
      failing && lastSent <= failing.since ? failing.since : Number.POSITIVE_INFINITY,
    ),
  )
  return since + failingFor <= now ? since : undefined
}

/**
 * The incidents that a sink is to know of which stands in for others: what these have to ring for and cannot, and what
 * it was told itself. While it does not stand in, only the latter.
 */
export function concerning(
  incidents: readonly Incident[],
  told: readonly NotificationRecord[],
  all: readonly StoodInFor[],
  isNeeded: boolean,
): readonly Incident[] {
  const known = new Set(told.flatMap((it) => (it.resolved === undefined ? [it.incident] : [])))
  const due = new Set(isNeeded ? all.flatMap((it) => it.due.flatMap(ringsFor)) : [])
  // Also what was told turned out to follow from.
  return incidents.filter(
    ({ id, affected }) => known.has(id) || due.has(id) || affected.some((it) => known.has(it.id)),
  )
}

/** What people would have to be told of where a sink that is only told all that is open cannot be told. Pure. */
export const openings = (
  incidents: readonly Incident[],
  min: Severity,
  node: string,
  now: number,
): readonly Notice[] =>
  incidents
    .filter((it) => it.resolved === undefined && it.notifyAt <= now && atLeast(it.severity, min))
    .map((incident) => ({ kind: 'opened', id: incident.id, node, at: now, incident }))

const changeOf = (it: Notice) => (it.kind === 'several' ? it.change : it.kind)

/** Whether it only ends what was told: that is all that a sink is sent which stands in no more. */
export const isEnd = (notice: Notice): boolean => /^(resolved|merged)$/.test(changeOf(notice))

/** Ids of the incidents for which somebody has to be told. */
function ringsFor(notice: Notice): readonly string[] {
  if (!/^(opened|worse|reminder)$/.test(changeOf(notice))) return []
  if (notice.kind === 'several')
    return notice.incidents.filter((it) => it.resolved === undefined).map((it) => it.id)
  return 'incident' in notice ? [notice.incident.id] : []
}
