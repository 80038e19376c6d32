import { X509Certificate } from 'node:crypto'
import { type Host, HostError, type NodeApi } from '../../agent/model/index.ts'
import { printable } from '../../agent/text/sanitize.ts'
import { findK3s, type K3s } from './k3s.ts'
import { remembered } from './remembered.ts'
import { serversOf } from './servers.ts'

/** The largest kubeconfig or certificate file that is read, bytes; k3s writes 461 and 1177. */
const largest = 64 * 1024

/** So many servers behind the balancer are named: each that hangs costs whoever asks some seconds. */
const mostOthers = 3

/**
 * How this node's kubelet reaches the API server: by its own kubeconfig, which k3s and RKE2 write to
 * `DATA_DIR/agent/kubelet.kubeconfig` (k3s: pkg/agent/config; on a server the address is that of its own API, elsewhere
 * that of the balancer on 127.0.0.1). The node's name is that of the certificate, `system:node:NAME` of `system:nodes`,
 * as no other is believed by the Node authorizer (k8s: pkg/auth/nodeidentifier). No key is read here.
 *
 * `known`: the k3s, where it is known already, as to find it costs milliseconds.
 *
 * Rejects with a HostError: `missing` where there is no k3s or no kubelet, `failed` where its files are not as k3s
 * writes them.
 */
export async function findNodeApi(
  host: Host,
  known?: Pick<K3s, 'dataDir' | 'distribution'>,
): Promise<NodeApi> {
  const k3s = known ?? (await findK3s(host))
  if (!k3s) throw new HostError('missing', 'there is no k3s on this node')
  return await remembered(host, `API ${k3s.distribution} ${k3s.dataDir}`, (files) => readNodeApi(files, k3s))
}

async function readNodeApi(host: Host, k3s: Pick<K3s, 'dataDir' | 'distribution'>): Promise<NodeApi> {
  const path = `${k3s.dataDir}/agent/kubelet.kubeconfig`
  const { server, ...files } = kubeconfig(await host.text(path, { limit: largest }), path)
  const node = nodeIn(await host.text(files.certificate, { limit: largest }), files.certificate)
  const others = (await serversOf(host, k3s))
    .map((it) => `https://${it}`)
    .filter((it) => URL.canParse(it))
    .slice(0, mostOthers)
    .map((it) => new URL(it).origin)
  return { node, origin: server, ...(others.length > 0 && { others }), ...files }
}

type Kubeconfig = Pick<NodeApi, 'authority' | 'certificate' | 'key'> & { readonly server: string }

/** The four values of a kubeconfig as k3s writes it, one a line; no YAML library, as everything here is read as root. */
function kubeconfig(text: string, path: string): Kubeconfig {
  const value = (key: string, form: RegExp) => {
    const all = [...text.matchAll(new RegExp(`^\\s*${key}:\\s*(["']?)(\\S+)\\1\\s*$`, 'gm'))]
    const [found] = all.map((it) => it[2] ?? '')
    if (all.length === 1 && found !== undefined && form.test(found)) return found
    throw new HostError('failed', `reading ${path}: it has no ${key} as k3s writes it`)
  }
  const file = /^\/[^\0]{1,4000}$/
  return {
    server: new URL(value('server', /^https:\/\/[\w.:[\]-]{1,300}\/?$/)).origin,
    authority: value('certificate-authority', file),
    certificate: value('client-certificate', file),
    key: value('client-key', file),
  }
}

/** A node's name is a DNS subdomain (RFC 1123), so that it may stand in a path as it is. */
const nodeName = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/

function nodeIn(pem: string, path: string): string {
  let subject: readonly string[]
  try {
    subject = new X509Certificate(pem).subject.split('\n')
  } catch {
    throw new HostError('failed', `reading ${path}: it holds no certificate`)
  }
  const [, name = ''] = /^CN=system:node:(.+)$/.exec(subject.find((it) => it.startsWith('CN=')) ?? '') ?? []
  if (subject.includes('O=system:nodes') && nodeName.test(name)) return name
  throw new HostError('failed', `reading ${path}: it is of ${printable(subject.join(', '))}, not of a node`)
}
