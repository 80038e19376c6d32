import type { Group, Incident, NotificationRecord } from '../../model/index.ts'
import { minute, second } from '../../text/times.ts'
import { recentRings } from './budget.ts'
import type { Change } from './change.ts'

/** One incident of a group: what the sink was last sent about it, and what is new. Neither for one that joins now. */
export interface Member {
  readonly incident: Incident
  readonly last?: NotificationRecord | undefined
  readonly change?: Change | undefined
  /** It is quiet, and this not grave enough: nothing is told of it, not even what is owed. */
  readonly held?: true
}

/** The message about several incidents that a sink has, or is to have. */
export interface Several {
  readonly group: Group
  readonly members: readonly Member[]
  /** What joins it now. */
  readonly joining: readonly Incident[]
  /** Whether the sink has such a message already, perhaps about one of them alone. */
  readonly exists: boolean
  /** Of incidents it was sent and that are none of their own any more: what they turned out to follow from. */
  readonly absorbed?: readonly { readonly id: string; readonly into: Incident }[]
}

/** How soon after the last one another finding of the same kind joins its message, ms. */
export const gathering = 30 * second
/** The same for what says the same of what it misses, as logs do of a DNS: programs notice within some minutes, ms. */
const gatheringAlike = 3 * minute
/** How long a message takes in others of its kind at most, ms: then a new one rings. */
export const longestGathering = 10 * minute

/** Whether an incident is older than the agent's first look: found by it, or confirmed while that was told. */
function wasBefore({ cause, notifyAt }: Incident, { from, to }: { from: number; to: number }): boolean {
  const at = cause.found
  return at >= from && at <= to && notifyAt <= to + gathering
}

/**
 * Takes out of `fresh`, incidents that nobody was told of, what belongs together because it began before the agent
 * looked. What is critical and the only one of its kind stays by itself. Pure.
 */
export function gatherFirst(
  fresh: readonly Incident[],
  groups: readonly Several[],
  look: { readonly from: number; readonly to: number },
  of: 'away' | 'start',
  now: number,
): { readonly several: Several | undefined; readonly left: readonly Incident[] } {
  const group: Group = { id: `${of} ${look.to}`, of }
  if (now - look.to > longestGathering) return { several: undefined, left: fresh }
  const known = groups.find((it) => it.group.id === group.id)
  const alone = (it: Incident) =>
    it.severity === 'critical' && fresh.filter(({ cause }) => cause.code === it.cause.code).length === 1
  const joining = fresh.filter((it) => wasBefore(it, look) && !alone(it))
  if (joining.length < (known ? 1 : 2)) return { several: undefined, left: fresh }
  return {
    several: { ...(known ?? { group, members: [], exists: false }), joining },
    left: fresh.filter((it) => !joining.includes(it)),
  }
}

/**
 * Takes out of what nobody was told of (`fresh`, also what is over) what was held back in the quiet hours that ended at
 * `end`. What is the only one, and still open, has a message of its own. So has what can be told only after the message was
 * sent: it would join that without a sound. Pure.
 */
export function gatherHeld(
  fresh: readonly Incident[],
  groups: readonly Several[],
  end: number,
): Several | undefined {
  const group: Group = { id: `quiet ${end}`, of: 'quiet' }
  if (groups.some((it) => it.group.id === group.id) || fresh.length === 1) return undefined
  if (!fresh.some((it) => it.resolved === undefined)) return undefined
  return { group, members: [], exists: false, joining: fresh }
}

/**
 * Puts together what is of one kind: with what was told of that kind just before, be it of one or several, or with each
 * other. `alone` is what stays by itself. Pure.
 */
export function gatherKinds(
  fresh: readonly Incident[],
  groups: readonly Several[],
  singles: readonly Member[],
): { readonly several: readonly Several[]; readonly alone: readonly Incident[] } {
  const several: Several[] = []
  const alone: Incident[] = []
  const byTime = fresh.toSorted((a, b) => a.notifyAt - b.notifyAt || (a.id < b.id ? -1 : 1))
  for (const [code, all] of Map.groupBy(byTime, (it) => it.cause.code)) {
    const ofKind = ({ incident }: Member) => incident.cause.code === code
    const known = [
      ...groups.filter(
        (it) => it.group.of === 'kind' && it.members.some((one) => ofKind(one) && isOpen(one)),
      ),
      ...singles.filter((it) => ofKind(it) && isOpen(it)).map(alonesGroup),
    ].find((it) => isNear(all[0] as Incident, it.members))
    if (known) several.push({ ...known, joining: all })
    else if (all.length > 1)
      several.push({ group: kindGroup(all[0] as Incident), members: [], joining: all, exists: false })
    else alone.push(...all)
  }
  return { several, alone }
}

const isOpen = ({ incident }: Member) => incident.resolved === undefined
const kindGroup = ({ id }: Incident): Group => ({ id: `kind ${id}`, of: 'kind' })
const alonesGroup = (it: Member): Several => ({
  group: kindGroup(it.incident),
  members: [it],
  joining: [],
  exists: true,
})

function isNear(incident: Incident, members: readonly Member[]): boolean {
  const { notifyAt } = incident
  const times = members.map(({ incident }) => incident.notifyAt)
  const near = members.some((it) => isAlike(it.incident, incident)) ? gatheringAlike : gathering
  return notifyAt - Math.max(...times) <= near && Math.abs(notifyAt - Math.min(...times)) <= longestGathering
}

/** Whether two logs say the same of the same address, or of names: one outage, and not two. */
function isAlike({ cause: a }: Incident, { cause: b }: Incident): boolean {
  const address = a.evidence?.address
  return address !== undefined && address === b.evidence?.address && a.code === b.code
}

/** The message that takes in what is too much to be told one by one: that of the last ten minutes, or a new one. Pure. */
export function restOf(
  joining: readonly Incident[],
  groups: readonly Several[],
  told: readonly NotificationRecord[],
  now: number,
): Several {
  const rings = (id: string) => told.some((it) => it.group?.id === id && recentRings(it.rang, now).length > 0)
  const known = groups.find(({ group }) => group.of === 'rest' && rings(group.id))
  const [first] = joining
  const group: Group = { id: `rest ${first?.id}`, of: 'rest' }
  return { ...(known ?? { group, members: [], exists: false }), joining }
}

/**
 * The messages about several that a sink has and that may change: with something open, or new enough to grow. Pure.
 * `rootOf`: the incident of what is none of its own, by the id of the finding.
 */
export function groupsOf(
  told: readonly NotificationRecord[],
  memberOf: (it: NotificationRecord) => Member | undefined,
  rootOf: ReadonlyMap<string, Incident>,
  now: number,
): readonly Several[] {
  const byGroup = Map.groupBy(
    told.filter((it) => it.group !== undefined),
    (it) => it.group?.id,
  )
  return [...byGroup.values()].flatMap((records) => {
    const lives = records.some((it) => it.resolved === undefined || recentRings(it.rang, now).length > 0)
    const [first] = records
    if (!lives || !first?.group) return []
    const members = records.map(memberOf).filter((it) => it !== undefined)
    const absorbed = records.flatMap(({ incident: id, resolved }) => {
      const into = resolved === undefined ? rootOf.get(id) : undefined
      return into ? [{ id, into }] : []
    })
    return [{ group: first.group, members, joining: [], exists: true, absorbed }]
  })
}
