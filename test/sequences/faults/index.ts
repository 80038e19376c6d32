import { clusterFaults } from './cluster.ts'
import type { Fault } from './fault.ts'
import { firewallFaults } from './firewall.ts'
import { certificateFaults, k3sFaults } from './k3s.ts'
import { memoryFaults } from './memory.ts'
import { networkFaults } from './network.ts'

/** Every kind of fault, each independent of the others. */
export const faults: readonly Fault[] = [
  ...firewallFaults,
  ...networkFaults,
  ...memoryFaults,
  ...certificateFaults,
  ...k3sFaults,
  ...clusterFaults,
]
