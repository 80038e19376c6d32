import type { CgroupPod } from '../../node/pods.ts'
import type { Named } from './victims.ts'

/**
 * What the cgroups of a pod count of the kernel's kills. Where records of the log are lost, a count that rose
 * by more than the log explains says whose they were.
 */
export interface Counter {
  /** By cgroup, those that are not 0: in version 2 the pod's own, which counts for all below it; in version 1 each container's. */
  readonly counts: Readonly<Record<string, number>>
  /** Kills that the log told of before they were counted here. */
  readonly ahead?: number
}

/** By the uid of the pod. */
export type Counters = Readonly<Record<string, Counter>>

/** A kill without a record, of a pod whose count rose. */
export interface Unrecorded {
  readonly of: CgroupPod
  readonly kills: number
}

/**
 * The counters after one look, and whose kills are among the `lost` that no record tells of. Without those
 * `before` the counts are a beginning; without those `now` they were not read, as nothing was killed. Pure.
 */
export function reconciled(
  before: Counters | undefined,
  now: Counters | undefined,
  kills: readonly Named[],
  lost: number,
): { readonly counters: Counters; readonly unrecorded: readonly Unrecorded[] } {
  if (!before) return { counters: now ?? {}, unrecorded: [] }
  const told = new Map<string, number>()
  for (const { podUid, processes } of kills)
    if (podUid !== undefined) told.set(podUid, (told.get(podUid) ?? 0) + processes)
  const counters: Record<string, Counter> = {}
  const unrecorded: Unrecorded[] = []
  let left = lost
  for (const uid of new Set([...Object.keys(now ?? before), ...told.keys()])) {
    const was = before[uid]
    const counts = (now ?? before)[uid]?.counts ?? {}
    const rises = Object.entries(counts).map(
      ([cgroup, count]) => [cgroup, Math.max(0, count - (was?.counts[cgroup] ?? 0))] as const,
    )
    const rise = rises.reduce((sum, [, it]) => sum + it, 0)
    const missing = rise - (told.get(uid) ?? 0) - (was?.ahead ?? 0)
    const its = Math.min(left, Math.max(0, missing))
    if (its > 0) {
      const [container = ''] = rises.toSorted((a, b) => b[1] - a[1])[0] ?? []
      unrecorded.push({
        of: { uid, ...(container && { containerId: container }), qos: 'burstable' },
        kills: its,
      })
      left -= its
    }
    const ahead = Math.max(0, -missing)
    if (Object.keys(counts).length > 0 || ahead > 0) counters[uid] = { counts, ...(ahead > 0 && { ahead }) }
  }
  return { counters, unrecorded }
}
