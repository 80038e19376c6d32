import { dirname } from 'node:path'
import { type Got, type Host, HostError, type NodeApi } from '../../agent/model/index.ts'

/**
 * Whose credential is shown to the API: of those that lie on each node, the one that may do least beside what is asked.
 *
 * - `kubelet`: this node alone, `system:node:NAME`. What it may read of others ended with Kubernetes 1.32.
 * - `kube-proxy`: `system:kube-proxy` may get and list nodes, in every version (k8s: bootstrappolicy policy.go
 *   NodeProxierRules), and of what else it may read nothing is secret. It may write events and nothing else.
 * - `k3s-controller`: may also list pods (k3s: manifests/rolebindings.yaml), and patch the status of any node.
 */
export type As = 'kubelet' | 'kube-proxy' | 'k3s-controller'

export interface Question {
  readonly path: string
  readonly as: As
  /** `Table` or `PartialObjectMetadataList`, in which an answer is a tenth as large; absent: the object itself. */
  readonly form?: 'Table' | 'PartialObjectMetadataList'
  /** The largest answer that is read, bytes. */
  readonly limit: number
  /** Milliseconds, for all of it. */
  readonly timeout: number
}

/**
 * A GET of this node's API server, which has to show a certificate of the cluster's own authority first. Unlike k3s's
 * other ports it is therefore asked without looking who listens there. Rejects as `Host.get` does.
 */
export function askApi(
  host: Host,
  api: Pick<NodeApi, 'origin' | 'authority' | 'certificate'>,
  { path, as, form, limit, timeout }: Question,
): Promise<Got> {
  const { hostname, port } = new URL(api.origin)
  const file = `${dirname(api.certificate)}/client-${as}`
  const accept = form && `application/json;as=${form};v=v1;g=meta.k8s.io`
  return host.get({
    authority: api.authority,
    ...{ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 443) },
    as: { certificate: `${file}.crt`, key: `${file}.key` },
    ...{ path, limit, timeout, ...(accept && { accept }) },
  })
}

/**
 * Whether another server answers at all, on the port that the API has here: k3s's own `/ping`, without any credential.
 * Whatever it says it lives, also if its certificate is another's; only silence counts.
 */
export async function isSilent(
  host: Host,
  { authority, origin }: Pick<NodeApi, 'origin' | 'authority'>,
  address: string,
  timeout: number,
): Promise<boolean> {
  try {
    await host.get({
      authority,
      host: address,
      port: Number(new URL(origin).port || 443),
      path: '/ping',
      timeout,
    })
    return false
  } catch (error) {
    if (error instanceof HostError) return error.code === 'refused' || error.code === 'timeout'
    throw error
  }
}
