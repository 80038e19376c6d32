import type { CgroupPod } from '../../node/pods.ts'
import type { Named } from './victims.ts'

/**
 * The kernel's count of kills in a pod's cgroups. Where lines of the log are lost, a count that rose by more than the
 * log explains tells which pod was hit.
 */
export interface Counter {
  /**
   * Counts that are not 0, by cgroup: in version 2 the pod's own cgroup, which includes all below it; in version 1 each
   * container's.
   */
  readonly counts: Readonly<Record<string, number>>
  /** Kills that were in the log before this count included them. */
  readonly ahead?: number
}

/** By the uid of the pod. */
export type Counters = Readonly<Record<string, Counter>>

/** Kills without a line in the log, known because a pod's count rose. */
export interface Unrecorded {
  readonly of: CgroupPod
  readonly kills: number
}

/**
 * The counters after a collector run, and which pods were hit by the `lost` kills, of which no line tells. Without
 * `before` the counts are only a starting point; without `now` they were not read, because nothing was killed. Pure.
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
