import { iso, minute } from '../../text/times.ts'
import type { Wanted, Written } from './conditions.ts'
import { isOurs } from './names.ts'

/**
 * How often a condition is confirmed although nothing changed, ms: as often as the kubelet itself reports an unchanged
 * status (nodeStatusReportFrequency), and node-problem-detector its conditions. Each is a write of the whole Node object.
 */
export const heartbeat = 5 * minute

/** After so long without a heartbeat whoever reads a condition knows that nobody keeps it, ms. */
export const staleAfter = 3 * heartbeat

/** RFC 3339 with whole seconds, as metav1.Time is written. */
export const timeText = (at: number): string => iso(at).replace(/\.\d+/, '')

/** What has to be written: conditions as they will be, and types to remove. */
export interface Patch {
  readonly conditions: readonly Written[]
  readonly remove: readonly string[]
  /** A heartbeat, or another wording: nothing that anybody waits for. */
  readonly quiet: boolean
}

/**
 * The difference between the conditions that should be and those that are, or undefined for none. Where there is one,
 * or a heartbeat is due, all of them are written: it is one request all the same. Another wording alone waits for the
 * heartbeat, as numbers change with every look. `known`: of Murphy's own, by type. Pure.
 */
export function patchOf(
  wanted: readonly Wanted[],
  known: readonly Written[],
  now: number,
): Patch | undefined {
  const before = new Map(known.map((it) => [it.type, it]))
  const remove = known
    .map(({ type }) => type)
    .filter((type) => isOurs(type) && !wanted.some((it) => it.type === type))
  const changed = wanted.some((it) => {
    const last = before.get(it.type)
    return last?.status !== it.status || last.reason !== it.reason
  })
  const due = wanted.some((it) => !it.late && Math.abs(now - beatOf(before.get(it.type))) >= heartbeat)
  if (!changed && !due && remove.length === 0) return undefined
  return {
    conditions: wanted.map((it) => written(it, before.get(it.type), now)),
    remove,
    quiet: !changed && remove.length === 0,
  }
}

/** When the next heartbeat is due, ms; what is late has none. */
export function nextBeat(wanted: readonly Wanted[], known: readonly Written[], now: number): number {
  const kept = known.filter(({ type }) => wanted.some((it) => it.type === type && !it.late))
  return Math.min(now + heartbeat, ...kept.map((it) => Math.max(now, beatOf(it) + heartbeat)))
}

const beatOf = (it: Written | undefined): number => {
  const at = Date.parse(it?.lastHeartbeatTime ?? '')
  return Number.isNaN(at) ? 0 : at
}

function written({ late, ...it }: Wanted, last: Written | undefined, now: number): Written {
  return {
    ...it,
    lastHeartbeatTime: late && last ? last.lastHeartbeatTime : timeText(now),
    // Kubernetes' own meaning of it: when the status changed, not the reason.
    lastTransitionTime: last?.status === it.status ? last.lastTransitionTime : timeText(now),
  }
}

/** Bytes of a foreign condition's text that are kept in memory. */
const mostText = 4096

/** Murphy's own conditions in a Node object, and its uid; undefined for what is no Node. Total: the answer is foreign. */
export function ownIn(
  node: unknown,
): { readonly conditions: readonly Written[]; readonly uid?: string } | undefined {
  const { kind, metadata, status } = fields(node)
  if (kind !== 'Node') return undefined
  const { uid } = fields(metadata)
  const { conditions } = fields(status)
  return {
    conditions: (Array.isArray(conditions) ? conditions : []).flatMap((it: unknown) => {
      const one = fields(it)
      const text = (key: string) => {
        const value = one[key]
        return typeof value === 'string' ? value.slice(0, mostText) : ''
      }
      if (!isOurs(text('type'))) return []
      return {
        ...{ type: text('type'), status: text('status'), reason: text('reason'), message: text('message') },
        lastHeartbeatTime: text('lastHeartbeatTime'),
        lastTransitionTime: text('lastTransitionTime'),
      }
    }),
    ...(typeof uid === 'string' && /^[\w-]{1,64}$/.test(uid) && { uid }),
  }
}

const fields = (it: unknown): Record<string, unknown> =>
  typeof it === 'object' && it !== null ? (it as Record<string, unknown>) : {}
