import type { Node } from '../node.ts'
import type { Statement } from '../truth.ts'
import { certsSay } from './certs.ts'
import { clusterSays } from './cluster.ts'
import { cniSays } from './cni.ts'
import { firewallSays } from './firewall.ts'
import { k3sSays } from './k3s.ts'
import { memorySays } from './memory.ts'
import { podsSay } from './pods.ts'

/** What each collector says of the node, in the words and with the evidence of the real one. */
export const looks: Readonly<Record<string, (node: Node) => readonly Statement[]>> = {
  firewall: firewallSays,
  cni: cniSays,
  memory: memorySays,
  pods: podsSay,
  k3s: k3sSays,
  certs: certsSay,
  cluster: clusterSays,
}
