import type { Incident, Notice, Severity } from '../../model/index.ts'
import { severities } from '../../model/index.ts'
import { gravest } from '../cascade.ts'
import { askingFor, budgetSpan } from './budget.ts'
import { stageOf, toldSeverity } from './change.ts'
import { gathering, type Member, type Several } from './groups.ts'
import { idOf } from './ids.ts'

export type SeveralNotice = Extract<Notice, { kind: 'several' }>

const rank = (it: Severity) => severities.indexOf(it)
const isOpen = (it: Incident) => it.resolved === undefined

/** The incidents of a message in the order in which they are written: what is open first, graver before milder. */
export const inOrder = (incidents: readonly Incident[]): readonly Incident[] =>
  incidents.toSorted(
    (a, b) =>
      Number(isOpen(b)) - Number(isOpen(a)) || rank(b.severity) - rank(a.severity) || a.since - b.since,
  )

/**
 * Whether the message has rung for another of its kind, which is no milder: whoever was woken for four pods that are killed
 * again and again is not woken for each of them. What got worse is news again after ten minutes, what joins after as long
 * as it would take to have a message of its own. What has to be done before anything else always rings. Pure.
 */
export function isRungFor(it: Member, members: readonly Member[], now: number): boolean {
  const { incident, last } = it
  if (askingFor([it], now).urgent) return false
  return members.some(({ incident: other, last: its }) => {
    if (other.id === incident.id || other.cause.code !== incident.cause.code) return false
    if (!its || its.quiet || its.unconfirmed || its.resolved !== undefined) return false
    if (rank(its.severity) < rank(toldSeverity(incident, now))) return false
    if ((its.stage ?? 0) < stageOf(incident, now)) return false
    return last
      ? Math.abs(now - its.reminded) < budgetSpan
      : Math.abs(incident.notifyAt - other.notifyAt) <= gathering
  })
}

/** What is new about a message on several incidents; undefined for nothing. Pure. */
export function severalChange(it: Several, now: number): SeveralNotice['change'] | undefined {
  const { members, joining, exists, absorbed = [] } = it
  const kinds = new Set(
    members.flatMap((one) => {
      const kind = one.change?.kind
      if (!kind) return []
      return kind === 'worse' && isRungFor(one, members, now) ? (['grew'] as const) : [kind]
    }),
  )
  if (kinds.size === 0 && joining.length === 0 && absorbed.length === 0) return undefined
  if (!exists || kinds.has('opened')) return 'opened'
  if (![...members.map(({ incident }) => incident), ...joining].some(isOpen))
    return absorbed.length > 0 ? 'merged' : 'resolved'
  const told = members.flatMap(({ last }) => (last && last.resolved === undefined ? [last] : []))
  const graver = joining.some(({ severity }) => told.length === 0 || rank(severity) > rank(gravest(told)))
  if (graver || kinds.has('worse') || isNewKind(it)) return 'worse'
  return kinds.has('reminder') && kinds.size === 1 && joining.length === 0 ? 'reminder' : 'grew'
}

/** Whether something critical joins what is too much to be told one by one, and nothing critical of its kind is in it. */
function isNewKind({ group, members, joining }: Several): boolean {
  const known = members.flatMap(({ incident }) =>
    isOpen(incident) && incident.severity === 'critical' ? [incident.cause.code] : [],
  )
  return (
    group.of === 'rest' && joining.some((it) => it.severity === 'critical' && !known.includes(it.cause.code))
  )
}

/**
 * The gravest of what joined it in silence, as there had been too many messages; undefined for none, or when all of it is
 * over. What has passed meanwhile rings all the same, for as long as messages may have been too many. Pure.
 */
export function owed({ members }: Several, now: number): Severity | undefined {
  const silent = members.flatMap(({ incident, last, held }) =>
    last?.quiet && !held && incident.severity !== 'info' && now - (incident.resolved ?? now) < budgetSpan
      ? [incident]
      : [],
  )
  return silent.length > 0 && members.some((it) => isOpen(it.incident)) ? gravest(silent) : undefined
}

/**
 * Whether what is new about the message on the rest can wait, as it was edited just now: there is only more of it, and
 * nothing graver.
 */
export function canWait({ group, members, absorbed = [] }: Several, now: number): boolean {
  const edited = Math.max(...members.flatMap(({ last }) => (last ? [last.at] : [])))
  return (
    group.of === 'rest' &&
    absorbed.length === 0 &&
    members.every(({ change }) => change === undefined || change.kind === 'grew') &&
    Math.abs(now - edited) < gathering
  )
}

/** The notice of such a change. Its id is the same however often it is asked for, and another for other news. Pure. */
export function severalNotice(
  { group, members, joining, absorbed = [] }: Several,
  change: SeveralNotice['change'],
  node: string,
  now: number,
): SeveralNotice {
  const all = [...members.map(({ incident }) => incident), ...joining]
  // A first message that may have arrived is sent again as the same, though its incidents are now known.
  const news =
    change === 'opened'
      ? all.map(({ id }) => id)
      : [
          ...members.flatMap(({ incident: { id }, change: its, last }) => [
            ...(its ? [`${id} ${its.kind} ${its.what}`] : []),
            ...(change === 'worse' && last?.quiet ? [`${id} quiet ${last.at}`] : []),
          ]),
          ...joining.map(({ id }) => id),
          ...absorbed.map(({ id }) => `${id} absorbed`),
        ]
  const into = change === 'merged' ? absorbed[0]?.into : undefined
  return {
    kind: 'several',
    change,
    id: idOf(group.id, change, news.join()),
    node,
    at: now,
    group,
    incidents: inOrder(all.length === 0 && into ? [into] : all),
    ...(into && { into }),
  }
}
