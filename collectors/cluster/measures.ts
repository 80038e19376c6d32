import type { Measures } from '../../agent/model/index.ts'
import type { ClusterSample } from './sample.ts'

/** So many nodes at most have a value each. */
const most = 300

export const measures: Measures<ClusterSample, object, 'cluster_node_ready'> = {
  declared: {
    cluster_node_ready: {
      help: '1 if the API shows this node of the cluster as Ready, as asked by a server.',
      labels: ['member'],
    },
  },
  of: ({ nodes = [], silent }) =>
    silent
      ? []
      : nodes.slice(0, most).map((it) => ({
          name: 'cluster_node_ready',
          labels: { member: it.name },
          value: it.ready ? 1 : 0,
        })),
}
