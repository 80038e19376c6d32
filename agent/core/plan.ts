import type { Incident, Notice, NotificationRecord, Severity } from '../model/index.ts'
import { severities, severityOfAll } from '../model/index.ts'
import { gravest } from './cascade.ts'
import { tellFrom } from './ledger.ts'
import { askingFor, type Budget, budgetOf } from './plan/budget.ts'
import { type Change, changeOf, type Policy } from './plan/change.ts'
import { gatherFirst, gatherKinds, groupsOf, type Member, restOf, type Several } from './plan/groups.ts'
import { type Holding, heldApart, holdingOf } from './plan/holding.ts'
import { idOf, mergedId } from './plan/ids.ts'
import { canWait, owed, severalChange, severalNotice } from './plan/several.ts'

export { digestAge, type Policy, takingHold } from './plan/change.ts'
export { receiptFor, recordSent, recordUnconfirmed } from './plan/record.ts'

/** The most incidents in one digest; the newest are kept, and the others are the next one. */
const digestSize = 500

/**
 * What to send to a sink now, the gravest first: the difference between what is true and what it was sent (`told`).
 * Pure, and the same however often it is asked, until `recordSent` or `recordUnconfirmed` has changed the notification
 * records.
 */
export function plan(
  incidents: readonly Incident[],
  told: readonly NotificationRecord[],
  policy: Policy,
  node: string,
  now: number,
): readonly Notice[] {
  const book = new Map(told.map((it) => [it.incident, it]))
  const pending = new Set(incidents.filter((it) => isPending(it, book, now)))
  const holding = holdingOf(policy, now)
  const members = incidents.map((incident): Member => {
    const last = book.get(incident.id)
    if (holding.isHeld(incident)) return { incident, last, held: true }
    const change = pending.has(incident) ? undefined : changeOf(incident, last, policy, now)
    return { incident, last, change }
  })
  // Of several incidents that a finding is in, the first one counts.
  const rootOf = new Map(
    incidents
      .filter((it) => !pending.has(it))
      .toReversed()
      .flatMap((it) => it.affected.map(({ id }) => [id, it] as const)),
  )
  const budget = budgetOf(told, policy.most, now)
  const all = gathered(members, told, rootOf, policy, holding, now)
  const { notices, over } = newsOf(all, budget, node, now)
  return [
    ...notices,
    ...restNotices(over, all.groups, told, budget, node, now),
    ...mergedNotices(told, rootOf, holding, node, now),
    ...digestOf(all.missed, budget, node, now),
    ...digestOf(all.held, budget, node, now, 'quiet'),
  ].sort((a, b) => urgency(b) - urgency(a))
}

/**
 * Whether an incident only puts a cause, with which there is still patience, before what was told already: that stays
 * as it was told until the cause is sure, unless something graver came with it.
 */
function isPending(incident: Incident, book: ReadonlyMap<string, NotificationRecord>, now: number): boolean {
  if (book.has(incident.id) || incident.resolved !== undefined || tellFrom(incident.cause) <= now)
    return false
  const told = incident.affected
    .flatMap(({ id }) => book.get(id) ?? [])
    .filter((it) => it.resolved === undefined)
  return told.length > 0 && severities.indexOf(gravest(told)) >= severities.indexOf(incident.severity)
}

/** How soon it has to be sent: new messages before edits, and of these the gravest first. */
function urgency(notice: Notice): number {
  if (notice.urgent) return severities.length
  const change = notice.kind === 'several' ? notice.change : notice.kind
  if (change !== 'opened' && change !== 'worse') return 0
  if (notice.kind === 'several') return 1 + severities.indexOf(severityOfAll(notice.incidents))
  return 'incident' in notice ? 1 + severities.indexOf(notice.incident.severity) : 0
}

/** Whether it has to be sent before anything else, and by any way: what is critical and new, also without a sound. */
export const isUrgent = (notice: Notice): boolean => urgency(notice) === severities.length

/** Whether nobody was told of it since it opened; other than what may have arrived. */
const isFresh = ({ change, last }: Member) =>
  change?.kind === 'opened' && !(last && last.resolved === undefined)

const isMissed = ({ change }: Member) => change?.kind === 'missed'

/** What is told together, and what by itself: `alone` is new, `own` was told before. */
interface Gathered {
  readonly groups: readonly Several[]
  readonly alone: readonly Member[]
  readonly own: readonly Member[]
  /** What opened and was over while the sink could not be reached, and what in quiet hours. */
  readonly missed: readonly Incident[]
  readonly held: readonly Incident[]
}

function gathered(
  members: readonly Member[],
  told: readonly NotificationRecord[],
  rootOf: ReadonlyMap<string, Incident>,
  { firstLook, since }: Policy,
  holding: Holding,
  now: number,
): Gathered {
  const sent = new Map(members.filter((it) => it.last && !isFresh(it)).map((it) => [it.incident.id, it]))
  const known = groupsOf(told, ({ incident }) => sent.get(incident), rootOf, now)
  const grouped = idsOf(known)
  const singles = [...sent.values()].filter(({ incident }) => !grouped.has(incident.id))
  const untold = members.flatMap((it) => (isFresh(it) || isMissed(it) ? [it.incident] : []))
  const { quiet, held, fresh, missed } = heldApart(untold, known, holding, now)
  const first = firstLook
    ? gatherFirst(fresh, known, firstLook, since < firstLook.from ? 'away' : 'start', now)
    : { several: undefined, left: fresh }
  const kinds = gatherKinds(first.left, known, singles)
  const grown = new Map(
    [...kinds.several, first.several, quiet].flatMap((it) => (it ? [[it.group.id, it]] : [])),
  )
  const groups = [...known.filter((it) => !grown.has(it.group.id)), ...grown.values()]
  const within = idsOf(groups)
  return {
    groups,
    alone: members.filter(({ incident }) => kinds.alone.includes(incident)),
    own: singles.filter(({ incident }) => !within.has(incident.id)),
    missed,
    held,
  }
}

const idsOf = (groups: readonly Several[]): ReadonlySet<string> =>
  new Set(groups.flatMap((it) => it.members.map(({ incident }) => incident.id)))

/** One message that may become due, and how it is written as far as the budget goes. */
interface Draft {
  readonly severity: Severity
  readonly write: () => void
}

/**
 * What may be told of a change by now: what rings only where a new message is left, and else as an edit or later. What is
 * owed, as it could not ring, rings with the first that is left.
 */
function allowed<Kind extends string>(
  change: Kind | undefined,
  owes: boolean,
  take: () => boolean,
): Kind | 'worse' | 'grew' | undefined {
  if ((change === undefined || change === 'grew') && owes && take()) return 'worse'
  if (change !== 'worse' && change !== 'reminder') return change
  if (take()) return change
  return change === 'worse' ? 'grew' : undefined
}

/** The news of all but the message about the rest, as far as the budget goes; `over`: what it has to take in. */
function newsOf(
  { groups, alone, own }: Gathered,
  budget: Budget,
  node: string,
  now: number,
): { readonly notices: readonly Notice[]; readonly over: readonly Incident[] } {
  const notices: Notice[] = []
  const over: Incident[] = []
  const tell = (
    { incident }: Member,
    kind: Exclude<Change['kind'], 'missed'>,
    what: string,
    isUrgent = false,
  ) =>
    notices.push({
      ...{ kind, id: idOf(incident.id, kind, what), node, at: now, incident },
      ...(isUrgent && { urgent: true }),
    })
  const newOnes = alone.map((it): Draft => {
    const { incident, change } = it
    const { severity } = incident
    return {
      severity,
      write: () =>
        budget.take(askingFor([it], now)) ? tell(it, 'opened', change?.what ?? '') : over.push(incident),
    }
  })
  const known = own.flatMap((it): Draft[] => {
    const { incident, change, last, held } = it
    const { severity } = incident
    const kind = change?.kind === 'missed' ? undefined : change?.kind
    const owes = last?.quiet === true && !held && incident.resolved === undefined
    if (!kind && !owes) return []
    const write = () => {
      const told = allowed(kind, owes, () => budget.take(askingFor([it], now)))
      const what = change?.what ?? ''
      const isSilent = severity === 'critical' && kind === 'worse' && told === 'grew'
      const owing = told === 'worse' && kind !== 'worse' ? `owed ${last?.at} ${severity} ` : ''
      if (told) tell(it, told, `${owing}${what}`, isSilent)
    }
    return [{ severity, write }]
  })
  const several = groups.flatMap((it): Draft[] => {
    const change = severalChange(it, now)
    const silent = owed(it, now)
    if ((!change && !silent) || it.group.of === 'rest') return []
    const severity = severityOfAll([...it.members.map(({ incident }) => incident), ...it.joining])
    const take = () => budget.take(askingFor(newsIn(it), now))
    const write = () => {
      if (change && !it.exists && !take()) {
        over.push(...it.joining)
        return
      }
      const told = it.exists ? allowed(change, silent !== undefined, take) : change
      if (told) notices.push(severalNotice(it, told, node, now))
    }
    return [{ severity, write }]
  })
  const drafts = [...newOnes, ...several, ...known]
  for (const it of drafts.toSorted((a, b) => severities.indexOf(b.severity) - severities.indexOf(a.severity)))
    it.write()
  return { notices, over }
}

/** Of a message about several, what it has to ring for; all of it for a reminder. */
function newsIn({ members, joining }: Several): readonly Member[] {
  const news = [
    ...joining.map((incident) => ({ incident })),
    ...members.filter(({ change, last }) => change?.kind === 'worse' || last?.quiet === true),
  ]
  return news.length > 0 ? news : members
}

/** The messages about the rest: those that were sent, and the one that takes in `over`. */
function restNotices(
  over: readonly Incident[],
  groups: readonly Several[],
  told: readonly NotificationRecord[],
  budget: Budget,
  node: string,
  now: number,
): readonly Notice[] {
  const grown = over.length > 0 ? restOf(over, groups, told, now) : undefined
  const others = groups.filter(({ group }) => group.of === 'rest' && group.id !== grown?.group.id)
  return [...others, ...(grown ? [grown] : [])].flatMap((it) => {
    const change = severalChange(it, now)
    const silent = owed(it, now)
    if (change && !it.exists) return budget.takeForRest() ? [severalNotice(it, change, node, now)] : []
    const asking = askingFor(newsIn(it), now)
    const told = allowed(change, silent !== undefined, () => budget.takeAgain(asking))
    const isSilent = told === 'grew' && change === 'worse' && asking.severity === 'critical'
    if (!told || (told === 'grew' && !isSilent && canWait(it, now))) return []
    return [{ ...severalNotice(it, told, node, now), ...(isSilent && { urgent: true as const }) }]
  })
}

/** Of incidents that were sent as such, and whose cause was found since then. */
function mergedNotices(
  told: readonly NotificationRecord[],
  rootOf: ReadonlyMap<string, Incident>,
  { passes }: Holding,
  node: string,
  now: number,
): readonly Notice[] {
  return told.flatMap((it): Notice[] => {
    const { incident: id, resolved, group, severity } = it
    const incident = resolved === undefined && !group && passes(severity) ? rootOf.get(id) : undefined
    return incident ? [{ kind: 'merged', id: mergedId(it, incident), node, at: now, incident }] : []
  })
}

/** One message about what opened and was resolved while the sink could not be reached, or in quiet hours (`of`). */
function digestOf(
  missed: readonly Incident[],
  budget: Budget,
  node: string,
  now: number,
  of?: 'quiet',
): readonly Notice[] {
  const incidents = missed.slice(-digestSize)
  if (incidents.length === 0 || !budget.take({ severity: 'info', codes: [], urgent: false })) return []
  return [
    {
      ...{ kind: 'digest', id: idOf(incidents.map((it) => it.id).join(), 'digest', '') },
      ...{ node, at: now, incidents, ...(of && { of }) },
    },
  ]
}
