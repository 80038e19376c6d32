import { type Collector, opaque, type Rules } from '../agent/model/index.ts'
import { certs } from './certs/index.ts'
import { cluster } from './cluster/index.ts'
import { cni } from './cni/index.ts'
import { firewall } from './firewall/index.ts'
import { k3s } from './k3s/index.ts'
import { memory } from './memory/index.ts'
import { pods } from './pods/index.ts'

/** Every collector, in the order in which the status page shows them. Adding one is one line here, and one below. */
export const collectors: readonly Collector[] = [
  opaque(k3s),
  opaque(certs),
  opaque(firewall),
  opaque(cni),
  opaque(memory),
  opaque(pods),
  opaque(cluster),
]

const rules = {
  ...k3s.rules,
  ...certs.rules,
  ...firewall.rules,
  ...cni.rules,
  ...memory.rules,
  ...pods.rules,
  ...cluster.rules,
}

// Collectors do not import each other, yet name each other's rules as causes: only here is a code that no collector has
// a type error.
rules satisfies Rules<string, keyof typeof rules>

export { describeK3s } from './node/describe.ts'
export { findNodeApi } from './node/node-api.ts'
