import type { Host } from '../../agent/model/index.ts'
import { orNothing } from '../node/ask.ts'
import type { Counters } from './history/counters.ts'
import type { ContainerCgroup } from './use.ts'

/**
 * Reads `oom_kill` in `memory.events` (version 2) or `memory.oom_control` (version 1, since Linux 4.13;
 * mm/memcontrol.c, memcg_memory_event). Must be read before the log, since the kernel counts before it prints.
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
