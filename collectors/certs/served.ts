import type { Unseen } from '../../agent/model/index.ts'
import { HostError, unseen } from '../../agent/model/index.ts'
import type { K3s } from '../node/k3s.ts'
import type { K3sPorts } from '../node/k3s-ports.ts'
import { parseCertificate } from './parse.ts'
import type { Certificate, Owner, Served } from './sample.ts'

export interface Address {
  readonly host: string
  readonly port: number
  readonly servername?: string
}

/** The form of an address in the settings: `host:port`, `[v6]:port`, each with an optional `/servername`. */
export const addressPattern =
  '^(\\[[0-9A-Fa-f:.]+(?:%[\\w.-]+)?\\]|[^\\s/:\\[\\]]+):([0-9]{1,5})(?:/([^\\s/]+))?$'

/** Undefined if the text is no address. */
export function parseAddress(text: string): Address | undefined {
  const [, host, port, servername] = new RegExp(addressPattern).exec(text) ?? []
  if (!host || !(Number(port) > 0 && Number(port) < 65_536)) return undefined
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port), ...(servername && { servername }) }
}

/**
 * The addresses at which this node's k3s answers with TLS: the API and, on RKE2, the supervisor; etcd if this server
 * runs one; the kubelet.
 */
export function k3sAddresses(k3s: K3s, etcd = false): string[] {
  const bind = k3s.flags['bind-address']?.at(-1)
  const host =
    !bind || bind === '0.0.0.0'
      ? '127.0.0.1'
      : bind === '::'
        ? '[::1]'
        : bind.includes(':')
          ? `[${bind}]`
          : bind
  const api = k3s.flags['https-listen-port']?.at(-1) ?? '6443'
  const server = [`${host}:${api}`, ...(k3s.distribution === 'rke2' ? [`${host}:9345`] : [])]
  // Embedded etcd listens here as well as on the node's own address.
  if (k3s.role === 'server' && etcd) server.push('127.0.0.1:2379', '127.0.0.1:2380')
  const kubelet = k3s.flags['disable-agent']?.at(-1) === 'true' ? [] : ['127.0.0.1:10250']
  return [...(k3s.role === 'server' ? server : []), ...kubelet]
}

/** The file, below the data dir, with the certificate that a port of k3s serves. */
export function fileServed(
  address: string,
  distribution: 'k3s' | 'rke2',
  role: 'server' | 'agent',
): string | undefined {
  const port = parseAddress(address)?.port
  if (port === 10250) return 'agent/serving-kubelet.crt'
  if (role !== 'server') return undefined
  if (port === 2379) return 'server/tls/etcd/server-client.crt'
  if (port === 2380) return 'server/tls/etcd/peer-server-client.crt'
  // RKE2's API server is a pod of its own; its supervisor on 9345 corresponds to 6443 of k3s.
  return distribution === 'rke2' && port !== 9345
    ? 'server/tls/serving-kube-apiserver.crt'
    : 'server/tls/dynamic-cert.json'
}

const timeout = 3_000

export interface Handshaken {
  readonly served: Served
  readonly blind?: Unseen
}

/**
 * The certificates that a server presents; `door` makes the handshake. "Nothing listens" is a result. If a server does
 * not answer, its last certificates are kept.
 */
export async function lookAtServer(
  door: Pick<K3sPorts, 'handshake'>,
  text: string,
  of: Owner,
  past: readonly Served[],
): Promise<Handshaken> {
  const last = past.find((it) => it.address === text && it.of === of)
  const address = parseAddress(text)
  if (!address) return { served: { address: text, of, certificates: [], problem: 'is no host:port' } }
  try {
    const { certificates } = await door.handshake({ ...address, timeout })
    const read = certificates
      .map((it) => parseCertificate(it))
      .filter((it): it is Certificate => it !== undefined)
    const problem =
      read.length < certificates.length ? 'presents a certificate that cannot be read' : undefined
    return { served: { address: text, of, certificates: read, ...(problem && { problem }) } }
  } catch (error) {
    const code = error instanceof HostError ? error.code : 'failed'
    if (of !== 'extra' && code === 'refused') return { served: { address: text, of, certificates: [] } }
    const served: Served = { address: text, of, certificates: last?.certificates ?? [] }
    if (code === 'unrecorded')
      return { served, blind: unseen(`what ${text} serves`, error, ['certs.served-differs']) }
    // k3s's own ports are not in the settings, and a busy API may fail to answer once: only a second time in a row is a
    // blind spot.
    if (of !== 'extra')
      return {
        served: { ...served, silent: true },
        ...(last?.silent && { blind: unseen(`what ${text} serves`, error, ['certs.served-differs']) }),
      }
    return { served: { ...served, problem: `shows no certificate (${(error as Error).message})` } }
  }
}
