import { concerning, isEnd, isNew, refusedSince, ringsFor, standsInSince } from '../core/fallback.ts'
import type { Delivery } from '../delivery/delivery.ts'
import type { Incident, Notice, NotificationRecord } from '../model/index.ts'

/** What is due for a sink, and how it fares: for those that stand in for it. */
export interface Other {
  readonly due: () => readonly Notice[]
  readonly delivery: () => Pick<Delivery, 'state' | 'refused'>
}

/** What a sink that stands in for others has to do now. */
export interface Part {
  /** Those of the open incidents that it is to know of. */
  concerning(open: readonly Incident[], told: readonly NotificationRecord[]): readonly Incident[]
  /** Those of the notices that it is sent, which say whom it stands in for. */
  signed(all: readonly Notice[]): readonly Notice[]
}

export interface StandIn {
  part(): Part
  /** To be called with each notice that was sent, and not only taken. */
  posted(notice: Notice): void
}

/** How a sink stands in for others, by their names in the settings. What it says of that it says once each time. */
export function standingIn(
  names: readonly string[],
  others: ReadonlyMap<string, Other>,
  now: () => number,
): StandIn {
  let isSaid = false
  return {
    part() {
      const all = names.flatMap((name) => {
        const it = others.get(name)
        const refused = it?.delivery().refused?.()
        return it ? [{ ...it.delivery().state(), due: it.due(), ...(refused && { refused }) }] : []
      })
      const known = all.length === names.length
      const failed = known ? standsInSince(all, now()) : undefined
      const refused = known && failed === undefined ? refusedSince(all, now()) : new Map<string, number>()
      if (failed === undefined) isSaid = false
      /** Only the end of what it told, and what the others refuse, of which each says so. */
      const alone = (it: Notice): readonly Notice[] => {
        if (isEnd(it)) return [it]
        const since = ringsFor(it).flatMap((id) => refused.get(id) ?? [])
        return since.length > 0
          ? [{ ...it, insteadOf: { names, since: Math.min(...since), refused: true } }]
          : []
      }
      return {
        concerning: (open, told) => concerning(open, told, all, failed !== undefined, refused),
        signed(due) {
          if (failed === undefined) return due.flatMap(alone)
          return isSaid ? due : due.map((it) => ({ ...it, insteadOf: { names, since: failed } }))
        },
      }
    },
    posted(notice) {
      // An edit that nobody notices, and what only ends something, has not told anybody.
      if (notice.insteadOf && !notice.insteadOf.refused && isNew(notice)) isSaid = true
    },
  }
}
