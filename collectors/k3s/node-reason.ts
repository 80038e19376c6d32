import type { NodeState } from './node-state.ts'

/** Why the cluster sends a node nothing, as far as it says so. */
export type Reason =
  | 'runtime'
  | 'pleg'
  | 'network'
  | 'shutdown'
  | 'silent'
  | 'deleted'
  | 'disk'
  | 'memory'
  | 'pids'
  | 'other'

/**
 * In the kubelet's own words (k8s: pkg/kubelet/kubelet.go and runtime.go, joined into the message of Ready by
 * nodestatus/setters.go). What comes first explains the rest: without its runtime nothing else is well either.
 */
const words: readonly (readonly [Reason, RegExp])[] = [
  ['shutdown', /node is shutting down/],
  ['runtime', /container runtime is down|container runtime status check may not have completed/],
  ['pleg', /PLEG is not healthy/],
  ['network', /NetworkPluginNotReady|network (plugin )?(is )?not ready|cni plugin not initialized/i],
]
const ofPressure: Readonly<Record<string, Reason>> = {
  DiskPressure: 'disk',
  MemoryPressure: 'memory',
  PIDPressure: 'pids',
}

/** Pure. */
export function reasonOf({ gone, ready, condition, pressures }: NodeState): Reason {
  if (gone !== undefined) return 'deleted'
  if (ready) return ofPressure[pressures[0] ?? ''] ?? 'other'
  if (condition?.status === 'Unknown') return 'silent'
  return words.find(([, it]) => it.test(condition?.message ?? ''))?.[0] ?? 'other'
}
