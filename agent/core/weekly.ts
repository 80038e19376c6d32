import type { Deadline, Incident, Notice, NotificationRecord, Severity, WeeklyTime } from '../model/index.ts'
import { severities } from '../model/index.ts'
import { day, week } from '../text/times.ts'
import { idOf } from './plan/ids.ts'
import { weeklyAround } from './windows.ts'

/** Under which name the records hold when a sink last got one; no finding has such an id. */
const recorded = 'weekly'
/** How long after it was due it is still sent, ms: later it would be half of the next one. */
const latest = 3 * day
/** How far ahead it looks, ms. */
const ahead = 60 * day
/** The most incidents and deadlines in it. */
const most = 500

/** The record that a digest of the week was taken. */
export const weeklyRecord = (now: number): NotificationRecord => ({
  ...{ incident: recorded, severity: 'info', findings: [], at: now, reminded: now, resolved: now },
})

/**
 * When the digest that is due now was due; undefined for none. A restart, or a sink that was down, makes it late, and not
 * two. `since`: when the sink was first configured. Pure.
 */
export function weeklyDue(
  weekly: WeeklyTime | undefined,
  told: readonly NotificationRecord[],
  since: number,
  now: number,
): number | undefined {
  if (!weekly) return undefined
  const { last } = weeklyAround(weekly, now)
  const sent = told.find((it) => it.incident === recorded)?.at ?? since
  return sent < last && now - last < latest ? last : undefined
}

/** What it is made of. */
export interface Week {
  /** All that was open in it. */
  readonly incidents: readonly Incident[]
  readonly deadlines: readonly Deadline[]
  readonly unseen: readonly string[]
  readonly versions: string
}

/** The digest that was due at `due`, for a sink that gets what is as grave as `min`. Pure. */
export function weeklyNotice(
  { incidents, deadlines, unseen, versions }: Week,
  min: Severity,
  due: number,
  node: string,
  now: number,
): Notice {
  const from = due - week
  const isGrave = (it: Incident) => severities.indexOf(it.severity) >= severities.indexOf(min)
  const isOfIt = ({ resolved, notifyAt }: Incident) =>
    resolved === undefined ? notifyAt <= now : resolved >= from && notifyAt <= resolved
  return {
    ...{ kind: 'weekly', id: idOf(recorded, String(due)), node, at: now, from, versions },
    incidents: incidents.filter((it) => isGrave(it) && isOfIt(it)).slice(-most),
    deadlines: deadlines
      .filter((it) => it.at - now <= ahead)
      .toSorted((a, b) => a.at - b.at)
      .slice(0, most),
    unseen,
  }
}
