import type { Collector } from '../agent/model/index.ts'
import { certs } from './certs/index.ts'
import { cni } from './cni/index.ts'
import { firewall } from './firewall/index.ts'
import { k3s } from './k3s/index.ts'
import { memory } from './memory/index.ts'
import { pods } from './pods/index.ts'

export { describeK3s } from './node/describe.ts'

/** Every collector, in the order in which the status page shows them. Adding one is one line here. */
export const collectors: readonly Collector[] = [k3s, certs, firewall, cni, memory, pods]

/** Which k3s a node has, for whoever describes it. */
export { findK3s, k3sVersion } from './node/k3s.ts'
