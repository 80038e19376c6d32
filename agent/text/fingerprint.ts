import { createHash } from 'node:crypto'
import { workload } from './titles.ts'

/** What a fingerprint is made of: the fields of a finding. */
interface Cause {
  readonly code: string
  readonly subject: string
  readonly pod?: { readonly name: string }
}

/**
 * 16 hexadecimal digits that are the same for the same cause on every node: of the code and of the subject without what
 * is the node's own. A pod counts as its workload, as each node runs another of its pods; an agent's k3s, its unit and its
 * certificates as a server's, as one cause is on both; a veth and a pod's uid are random. Many causes of one node may share it, so it groups, and identifies nothing. Pure and total, as subjects are
 * hostile.
 */
export function fingerprintOf({ code, subject, pod }: Cause, node: string): string {
  const of = pod ? subject.replaceAll(pod.name, shared(pod.name, node)) : withoutRole(subject)
  const own = of.replace(/\bveth[0-9a-f]{6,}\b/g, 'veth').replace(/^pod [0-9a-f-]{36}$/, 'pod')
  return createHash('sha256').update(`${code}\n${own}`).digest('hex').slice(0, 16)
}

/**
 * A subject that names the k3s of an agent, as a server's is called: `k3s agent CAs` (collectors/certs/groups.ts) and the
 * units that k3s's and RKE2's installers write.
 */
const withoutRole = (subject: string) =>
  subject
    .replace(/^(k3s|rke2) agent(?= CAs$|$)/, '$1 server')
    .replace(/^k3s-agent(?=\.service$|$)/, 'k3s')
    .replace(/^rke2-agent(?=\.service$|$)/, 'rke2-server')

/**
 * The name of a pod without what differs from node to node: what a controller appends, the number of a StatefulSet's, and
 * of a static pod the node's name (kubelet, pkg/kubelet/config/common.go, `generatePodName`).
 */
function shared(name: string, node: string): string {
  const ending = `-${node.toLowerCase()}`
  if (name.endsWith(ending)) return name.slice(0, -ending.length)
  return workload(name).replace(/-\d{1,6}$/, '')
}
