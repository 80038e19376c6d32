import type { Measures } from '../../agent/model/index.ts'
import type { PodsSample } from './sample.ts'

/** How many are shown, those with most restarts first: names of pods change, and each is a series. */
const mostContainers = 50

export const measures: Measures<
  PodsSample,
  object,
  'container_restarts' | 'containers_restarting' | 'pod_logs_unread_bytes'
> = {
  declared: {
    container_restarts: {
      help: 'How often a container was restarted, of those that were lately; the 50 with most.',
      labels: ['namespace', 'pod', 'container'],
    },
    containers_restarting: { help: 'Containers that were restarted lately.', labels: [] },
    pod_logs_unread_bytes: { help: 'Logs of pods that are left for the next check.', labels: [] },
  },
  of: ({ restarting, left }) => [
    ...restarting
      .toSorted((a, b) => b.restarts - a.restarts)
      .slice(0, mostContainers)
      .map(({ pod, restarts }) => ({
        name: 'container_restarts' as const,
        labels: { namespace: pod.namespace, pod: pod.name, container: pod.container ?? '' },
        value: restarts,
      })),
    { name: 'containers_restarting', value: restarting.length },
    { name: 'pod_logs_unread_bytes', value: left ?? 0 },
  ],
}
