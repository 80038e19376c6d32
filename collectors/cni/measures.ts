import type { Measures } from '../../agent/model/index.ts'
import { hanging } from './bridge.ts'
import { plan } from './expected.ts'
import { reachable } from './reach.ts'
import type { CniSample } from './sample.ts'

export const measures: Measures<
  CniSample,
  object,
  | 'pod_addresses_limit'
  | 'pod_addresses_used'
  | 'pod_addresses_leaked'
  | 'pods_connected'
  | 'pod_interfaces'
  | 'peer_nodes'
  | 'peer_nodes_reached'
  | 'peer_nodes_asked'
  | 'cluster_dns_answers'
> = {
  declared: {
    pod_addresses_limit: { help: 'How many addresses this node has for pods.', labels: [] },
    pod_addresses_used: { help: 'How many of these are reserved.', labels: [] },
    pod_addresses_leaked: { help: 'How many are reserved for pods that no longer exist.', labels: [] },
    pods_connected: { help: 'Pods that should hang on the bridge of the pod network.', labels: [] },
    pod_interfaces: { help: 'Interfaces of pods that do hang on it.', labels: [] },
    peer_nodes: { help: 'Other nodes whose pods this node has a route to.', labels: [] },
    peer_nodes_asked: { help: 'Those of which is known whether they answer over the overlay.', labels: [] },
    peer_nodes_reached: { help: 'Those that answer packets of full size over the overlay.', labels: [] },
    cluster_dns_answers: { help: "1 if the cluster's DNS server answered this node last time.", labels: [] },
  },
  of(sample) {
    const { pool, peers, dns, interfaces } = sample
    const it = plan(sample)
    const reach = reachable(sample).flatMap(({ via }) => sample.reach?.[via]?.passes ?? [])
    const { pods, veths } =
      it.kind === 'flannel' && interfaces ? hanging(sample, it.bridge) : { pods: undefined, veths: 0 }
    return [
      ...(pool
        ? [
            { name: 'pod_addresses_limit' as const, value: pool.size },
            { name: 'pod_addresses_used' as const, value: pool.used },
            { name: 'pod_addresses_leaked' as const, value: Object.keys(pool.leaked).length },
          ]
        : []),
      ...(pods
        ? [
            { name: 'pods_connected' as const, value: pods.length },
            { name: 'pod_interfaces' as const, value: veths },
          ]
        : []),
      ...(peers ? [{ name: 'peer_nodes' as const, value: peers.length }] : []),
      ...(reach.length > 0
        ? [
            { name: 'peer_nodes_asked' as const, value: reach.length },
            { name: 'peer_nodes_reached' as const, value: reach.filter((one) => one === 'all').length },
          ]
        : []),
      ...(dns ? [{ name: 'cluster_dns_answers' as const, value: dns.rcode === undefined ? 0 : 1 }] : []),
    ]
  },
}
