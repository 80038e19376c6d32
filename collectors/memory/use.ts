import type { Host, Pod } from '../../agent/model/index.ts'
import { orMissing, orNothing } from '../node/ask.ts'
import { fairly } from '../node/fairly.ts'
import type { CgroupPod, PodBook } from '../node/pods.ts'
import { identifyPod, nameOf, podOfCgroup } from '../node/pods.ts'
import type { Point } from './slope.ts'
import { addHigh, addPoint } from './slope.ts'

/**
 * A container and its limit. Bytes, in steps of a 256th of the limit, so that small changes leave the sample unchanged.
 */
export interface Use {
  readonly pod?: Pod
  /** Memory in use that the kernel cannot reclaim: without the cache of files. */
  readonly used: number
  readonly limit: number
  /** Its course, where it uses more than half of its limit. */
  readonly points?: readonly Point[]
  /** The highest value of each day. */
  readonly highs?: readonly Point[]
}

/** By container id. */
export type Uses = Readonly<Record<string, Use>>

export interface Used {
  readonly uses: Uses
  /** Containers without a limit. */
  readonly unlimited: number
  /** The subjects of containers that use much of their limit, but for which there was no room. */
  readonly left: readonly string[]
}

/** Where the kubelet's cgroups are: version 2, then 1; systemd's names, then the plain ones. */
const roots = ['/sys/fs/cgroup', '/sys/fs/cgroup/memory'].flatMap((root) => [
  `${root}/kubepods.slice`,
  `${root}/kubepods`,
])
/** Of containers that use little, these many, nearest to their limits, are kept for the page; they have no findings. */
const mostIdle = 30
/** How many of those that use much are kept with their course: more than a node has pods by default (110). */
const mostFull = 150
/** How many are read in one run. */
export const mostContainers = 500
/**
 * The part of the limit from which on the course is kept; below it nothing is reported (`near_limit_percent` is at
 * least 50).
 */
const half = 0.5

/** The subject of its finding. */
export const subjectOf = (id: string, pod: Pod | undefined) =>
  pod ? nameOf(pod) : `container ${id.slice(0, 12)}`

/** The path of a container's cgroup, and its pod. */
export interface ContainerCgroup {
  readonly path: string
  readonly of: CgroupPod
}

/** The containers with a limit, nearest to it first; the first of every pod comes before the second of any. */
export async function readUses(
  host: Host,
  containers: readonly ContainerCgroup[],
  { book, before, now }: { readonly book: PodBook; readonly before: Uses; readonly now: number },
): Promise<Used> {
  const found: {
    readonly id: string
    readonly of: CgroupPod
    readonly used: number
    readonly limit: number
  }[] = []
  let unlimited = 0
  for (const { path, of } of containers) {
    const own = await bytes(host, path, 'limit')
    const above = await bytes(host, path.slice(0, path.lastIndexOf('/')), 'limit')
    const limit = Math.min(own ?? Number.POSITIVE_INFINITY, above ?? Number.POSITIVE_INFINITY)
    if (!Number.isFinite(limit) || limit <= 0) {
      unlimited += 1
      continue
    }
    const charged = (await bytes(host, path, 'usage')) ?? 0
    const used = charged > half * limit ? charged - (await reclaimable(host, path)) : charged
    const step = limit / 256
    found.push({ id: of.containerId ?? '', of, limit, used: Math.round(Math.max(0, used) / step) * step })
  }
  const part = (it: { readonly used: number; readonly limit: number }) => it.used / it.limit
  found.sort((a, b) => part(b) - part(a))
  const full = found.filter((it) => part(it) > half || rises(before[it.id], it.limit))
  const { kept, left } = fairly(full, mostFull, (it) => it.of.uid, part)
  const idle = found.filter((it) => !full.includes(it)).slice(0, Math.max(0, mostIdle - kept.length))
  const podOf = async ({ id, of }: { readonly id: string; readonly of: CgroupPod }) =>
    before[id]?.pod ?? (await identifyPod(host, book, of))
  const uses: Record<string, Use> = {}
  for (const it of [...kept, ...idle]) {
    const { id, used, limit } = it
    const known = before[id]
    const pod = await podOf(it)
    const same = known?.limit === limit ? known.points : undefined
    const point = [Math.round(now / 1000), used] as const
    const course = full.includes(it) && {
      points: addPoint(same ?? [], point),
      highs: addHigh((same && known?.highs) ?? [], point),
    }
    uses[id] = { ...(pod && { pod }), used, limit, ...course }
  }
  const out: string[] = []
  for (const it of left) out.push(subjectOf(it.id, await podOf(it)))
  return { uses, unlimited, left: out }
}

/**
 * Whether it used much of this limit a while ago, even if it has come down since: its course then shows that it is no
 * leak.
 */
const rises = (known: Use | undefined, limit: number) =>
  known?.limit === limit && known.points?.some(([, value]) => value > half * limit)

/**
 * The running containers, by their cgroups, at most one more than `mostContainers`; empty where there is no kubelet.
 */
export async function containersOf(host: Host): Promise<readonly ContainerCgroup[]> {
  const found: ContainerCgroup[] = []
  const walk = async (path: string, depth: number): Promise<void> => {
    for (const { name, kind } of (await orMissing(host.list(path))) ?? []) {
      if (kind !== 'folder' || found.length > mostContainers) continue
      const below = `${path}/${name}`
      const of = podOfCgroup(below)
      if (of?.containerId) found.push({ path: below, of })
      else if (depth > 0) await walk(below, depth - 1)
    }
  }
  for (const root of roots) await walk(root, 2)
  return found
}

const files = {
  limit: ['memory.max', 'memory.limit_in_bytes'],
  usage: ['memory.current', 'memory.usage_in_bytes'],
}

/** "No limit" is the greatest number of whole pages in version 1, `max` in version 2. */
async function bytes(host: Host, cgroup: string, what: keyof typeof files): Promise<number | undefined> {
  const name = files[what][cgroup.startsWith('/sys/fs/cgroup/memory/') ? 1 : 0]
  const value = Number((await orNothing(host.text(`${cgroup}/${name}`, { limit: 64 }))) ?? Number.NaN)
  return Number.isFinite(value) && value < 2 ** 53 ? value : undefined
}

/** What the kernel reclaims before it kills: cached files not in active use, and its own reclaimable memory. */
async function reclaimable(host: Host, cgroup: string): Promise<number> {
  const stat = (await orNothing(host.text(`${cgroup}/memory.stat`))) ?? ''
  const prefix = cgroup.startsWith('/sys/fs/cgroup/memory/') ? 'total_' : ''
  return ['inactive_file', 'active_file', 'slab_reclaimable'].reduce((sum, key) => {
    const at = `\n${stat}`.indexOf(`\n${prefix}${key} `)
    const value = at < 0 ? 0 : Number.parseInt(stat.slice(at + prefix.length + key.length + 1), 10)
    return sum + (Number.isFinite(value) ? value : 0)
  }, 0)
}
