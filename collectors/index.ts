import type { Collector } from '../agent/model.ts'
import { certs } from './certs.ts'
import { cni } from './cni.ts'
import { firewall } from './firewall.ts'
import { k3s } from './k3s.ts'
import { memory } from './memory.ts'
import { pods } from './pods.ts'

/** Every collector, in the order in which the status page shows them. Adding one is one line here. */
export const collectors: readonly Collector[] = [k3s, certs, firewall, cni, memory, pods]
