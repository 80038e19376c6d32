import type { Measures, Pod } from '../../agent/model/index.ts'
import type { MemorySample } from './sample.ts'

/** From which part of its limit on a container is shown: names of pods change, and each is a series. */
const worthShowing = 0.5
/** How many of these are shown, fullest first. */
const mostContainers = 50

export const measures: Measures<
  MemorySample,
  object,
  | 'memory_bytes'
  | 'memory_available_bytes'
  | 'memory_oom_kills_total'
  | 'container_memory_used_bytes'
  | 'container_memory_limit_bytes'
  | 'containers_without_memory_limit'
> = {
  declared: {
    memory_bytes: { help: 'Memory of this node.', labels: [] },
    memory_available_bytes: { help: 'How much of it is available without swapping.', labels: [] },
    memory_oom_kills_total: {
      counter: true,
      help: 'OOM kills since the boot, by its own count.',
      labels: [],
    },
    container_memory_used_bytes: {
      help: 'Memory that cannot be reclaimed, of containers that use half of their limit or more; the 50 fullest.',
      labels: ['namespace', 'pod', 'container'],
    },
    container_memory_limit_bytes: {
      help: 'The limit of each of these.',
      labels: ['namespace', 'pod', 'container'],
    },
    containers_without_memory_limit: { help: 'Containers that have no memory limit.', labels: [] },
  },
  of({ total, available, counted, uses = {}, unlimited }) {
    const part = (it: { readonly used: number; readonly limit: number }) => it.used / it.limit
    const full = Object.entries(uses)
      .filter(([, it]) => part(it) >= worthShowing)
      .toSorted(([, a], [, b]) => part(b) - part(a))
      .slice(0, mostContainers)
    const one = (
      name: 'memory_bytes' | 'memory_available_bytes' | 'memory_oom_kills_total',
      value?: number,
    ) => (value === undefined ? [] : [{ name, value }])
    return [
      ...one('memory_bytes', total),
      ...one('memory_available_bytes', available),
      ...one('memory_oom_kills_total', counted),
      ...full.flatMap(([id, { pod, used, limit }]) => [
        { name: 'container_memory_used_bytes' as const, labels: labelsOf(id, pod), value: used },
        { name: 'container_memory_limit_bytes' as const, labels: labelsOf(id, pod), value: limit },
      ]),
      ...(unlimited === undefined
        ? []
        : [{ name: 'containers_without_memory_limit' as const, value: unlimited }]),
    ]
  },
}

const labelsOf = (id: string, pod: Pod | undefined) => ({
  namespace: pod?.namespace ?? '',
  pod: pod?.name ?? '',
  container: pod?.container ?? id.slice(0, 12),
})
