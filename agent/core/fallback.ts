import type { Incident, Notice, NotificationRecord, Severity } from '../model/index.ts'
import { atLeast } from './plan/change.ts'
import { failingFor } from './self.ts'

/** What is known of a sink that another one stands in for. */
export interface StoodInFor {
  readonly failing?: { readonly since: number }
  readonly lastSent?: number
  /** What is due for it. */
  readonly due: readonly Notice[]
  /** Which of that it refuses, by the ids of the notices, and since when, ms. */
  readonly refused?: ReadonlyMap<string, number>
}

/**
 * Since when a sink has to stand in for these, ms: each of them has accepted nothing for `failingFor`. One that takes
 * some messages and refuses others works. Undefined while it has not. Pure.
 */
export function standsInSince(
  all: readonly Omit<StoodInFor, 'due' | 'refused'>[],
  now: number,
): number | undefined {
  const since = Math.max(
    ...all.map(({ failing, lastSent = Number.NEGATIVE_INFINITY }) =>
      failing && lastSent <= failing.since ? failing.since : Number.POSITIVE_INFINITY,
    ),
  )
  return since + failingFor <= now ? since : undefined
}

/**
 * The incidents of which each of them has refused to be told for `failingFor`, or fails, whatever else one takes; and since
 * when, ms. Nobody would hear of what is critical because of a letter in its text. Pure.
 */
export function refusedSince(all: readonly StoodInFor[], now: number): ReadonlyMap<string, number> {
  const each = all.map(({ due, refused, ...its }) => ({
    failed: standsInSince([its], now),
    refused: new Map(
      due.flatMap((notice) => {
        const since = refused?.get(notice.id)
        if (since === undefined || since + failingFor > now) return []
        return ringsFor(notice).map((id) => [id, since] as const)
      }),
    ),
  }))
  return new Map(
    [...new Set(each.flatMap((it) => [...it.refused.keys()]))].flatMap((id) => {
      const times = each.flatMap((it) => it.refused.get(id) ?? it.failed ?? [])
      return times.length === each.length ? [[id, Math.max(...times)] as const] : []
    }),
  )
}

/**
 * The incidents that a sink is to know of which stands in for others: what these have to ring for and cannot, and what
 * it was told itself. While it does not stand in, only the latter, and what they refuse (`refused`).
 */
export function concerning(
  incidents: readonly Incident[],
  told: readonly NotificationRecord[],
  all: readonly StoodInFor[],
  isNeeded: boolean,
  refused: ReadonlyMap<string, number> = new Map(),
): readonly Incident[] {
  const known = new Set(told.flatMap((it) => (it.resolved === undefined ? [it.incident] : [])))
  const due = new Set(isNeeded ? all.flatMap((it) => it.due.flatMap(ringsFor)) : refused.keys())
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

/** Whether people notice it: a new message, and no edit. */
export const isNew = (notice: Notice): boolean =>
  /^(opened|worse|reminder|digest|weekly)$/.test(changeOf(notice))

/** Ids of the incidents for which somebody has to be told. */
export function ringsFor(notice: Notice): readonly string[] {
  if (!/^(opened|worse|reminder)$/.test(changeOf(notice))) return []
  if (notice.kind === 'several')
    return notice.incidents.filter((it) => it.resolved === undefined).map((it) => it.id)
  return 'incident' in notice ? [notice.incident.id] : []
}
