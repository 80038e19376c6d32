import { dirname } from 'node:path'
import { type Got, type Host, HostError, type NodeApi } from '../../agent/model/index.ts'

/**
 * Whose credential is shown to the API: of those that lie on each node, the one that may do least beside what is asked.
 * RKE2 names the last one after itself, and binds it to the same role (k3s: pkg/agent/config, `version.Program`; rke2:
 * pkg/rke2/clusterrole_templates.go).
 *
 * - `kubelet`: this node alone, `system:node:NAME`. What it may read of others ended with Kubernetes 1.32.
 * - `kube-proxy`: `system:kube-proxy` may get and list nodes, in every version (k8s: bootstrappolicy policy.go
 *   NodeProxierRules), and of what else it may read nothing is secret. It may write events and nothing else.
 * - `k3s-controller`: may also list pods (k3s: manifests/rolebindings.yaml), and patch the status of any node.
 */
export type As = 'kubelet' | 'kube-proxy' | 'k3s-controller' | 'rke2-controller'

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
    ...{ authority: api.authority, keep: true },
    ...{ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 443) },
    as: { certificate: `${file}.crt`, key: `${file}.key` },
    ...{ path, limit, timeout, ...(accept && { accept }) },
  })
}

/** What is heard from a port of another node: `closed` is a machine that runs, and nothing that listens there. */
export type Heard = 'answers' | 'closed' | 'silent'

/**
 * Whether anything answers on a port of another node, asked without any credential. Whatever it says it lives, also if
 * its certificate is another's; nothing but silence is silence.
 */
export async function heardFrom(
  host: Host,
  { authority }: Pick<NodeApi, 'authority'>,
  place: { readonly address: string; readonly port: number; readonly path: string },
  timeout: number,
): Promise<Heard> {
  const { address, port, path } = place
  try {
    await host.get({ authority, host: address, port, path, timeout })
    return 'answers'
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    // No way to a host is "refused" as well; that it does not resolve to any machine is silence.
    if (error.code === 'refused') return error.message.includes('(ECONNREFUSED)') ? 'closed' : 'silent'
    return error.code === 'timeout' ? 'silent' : 'answers'
  }
}

/** Whether another server is silent on the port that the API has here: k3s's own `/ping`. */
export async function isSilent(
  host: Host,
  api: Pick<NodeApi, 'origin' | 'authority'>,
  address: string,
  timeout: number,
): Promise<boolean> {
  const port = Number(new URL(api.origin).port || 443)
  return (await heardFrom(host, api, { address, port, path: '/ping' }, timeout)) !== 'answers'
}
