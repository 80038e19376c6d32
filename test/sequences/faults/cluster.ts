import { caused } from '../node.ts'
import { type Fault, minute, restartK3s, steady } from './fault.ts'

/** What only the cluster shows: this node as NotReady, and another that is gone. */
export const clusterFaults: readonly Fault[] = [
  {
    kind: 'runtime',
    text: 'containerd hangs; the kubelet still answers ok',
    can: (node) => steady(node) && !node.is('runtime'),
    begin(node, act) {
      node.break('runtime', caused(act))
      return restartK3s(node)
    },
    lasts: [10 * minute, 40 * minute],
  },
  {
    kind: 'node lost',
    text: 'the other node loses its power',
    can: (node) => steady(node) && node.traits.peer && !node.is('peer'),
    begin(node, act) {
      node.break('peer', caused(act))
      return () => {
        node.act('node back', 'the other node is switched on again')
        node.mend('peer')
      }
    },
    lasts: [10 * minute, 40 * minute],
  },
]
