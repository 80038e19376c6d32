import type { RealFault } from './fault.ts'
import { firewallFaults } from './firewall.ts'
import { certificateFaults, k3sFaults } from './k3s.ts'
import { killFaults } from './memory.ts'
import { networkFaults } from './network.ts'

export { killFaults }

/** Those whose patience is at most ten seconds, but for a crash of k3s, and those that take a minute and more to be told. */
export const quick: readonly RealFault[] = [
  ...firewallFaults.quick,
  ...networkFaults.quick,
  ...certificateFaults,
  ...k3sFaults.quick,
]
export const slow: readonly RealFault[] = [...firewallFaults.slow, ...networkFaults.slow, ...k3sFaults.slow]
export const all: readonly RealFault[] = [...quick, ...slow, ...killFaults]
