import type { Host } from '../../agent/model/index.ts'
import { orNothing } from '../node/ask.ts'
import type { CgroupPod } from '../node/pods.ts'
import type { ContainerCgroup } from './use.ts'
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
 * Reads `oom_kill` in `memory.events` (version 2) or `memory.oom_control` (version 1, since Linux 4.13;
 * mm/memcontrol.c, memcg_memory_event). To be read before the log, as the kernel counts before it prints.
 */
export async function readCounters(host: Host, containers: readonly ContainerCgroup[]): Promise<Counters> {
  const found: Record<string, { counts: Record<string, number> }> = {}
  const read = new Set<string>()
  for (const { path, of } of containers) {
    const version1 = path.startsWith('/sys/fs/cgroup/memory/')
    const cgroup = version1 ? path : path.slice(0, path.lastIndexOf('/'))
    if (read.has(cgroup)) continue
    read.add(cgroup)
    const file = `${cgroup}/${version1 ? 'memory.oom_control' : 'memory.events'}`
    const text = (await orNothing(host.text(file, { limit: 4096 }))) ?? ''
    const count = Number(/^oom_kill (\d{1,15})$/m.exec(text)?.[1] ?? 0)
    if (count === 0) continue
    const its = found[of.uid] ?? { counts: {} }
    its.counts[version1 ? (of.containerId ?? '') : ''] = count
    found[of.uid] = its
  }
  return found
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
