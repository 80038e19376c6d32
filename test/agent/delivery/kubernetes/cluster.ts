import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import { openDoor } from '../../../../agent/delivery/kubernetes/door.ts'
import type { NodeApi } from '../../../../agent/model/index.ts'
import { certificates, type Issued } from '../../../collectors/certs/openssl.ts'
import { type ApiServer, startApiServer } from '../../../receivers/kubernetes.ts'

/** An API server with the certificates of a k3s cluster, in which `node1` and `node2` are registered. */
export interface Cluster {
  readonly server: ApiServer
  /** How `node1` reaches it. */
  readonly api: NodeApi
  /** Another client certificate, of whoever is named so. */
  client(subject: string, by?: Issued): Pick<NodeApi, 'certificate' | 'key'>
  /** Another authority than the cluster's. */
  readonly stranger: Issued
  readonly read: (path: string) => Promise<Uint8Array>
}

export async function cluster(t: Test): Promise<Cluster> {
  const { issue } = certificates(t)
  const authority = issue({ subject: '/CN=k3s-server-ca', ca: true })
  const clients = issue({ subject: '/CN=k3s-client-ca', ca: true })
  const stranger = issue({ subject: '/CN=stranger', ca: true })
  const serving = issue({ subject: '/CN=k3s', names: 'IP:127.0.0.1', by: authority })
  const server = await startApiServer({ serving, clients })
  t.teardown(() => server.close())
  const ready = () => [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }]
  server.nodes.set('node1', { uid: '5f0c-1', conditions: ready() })
  server.nodes.set('node2', { uid: '5f0c-2', conditions: ready() })
  const client = (subject: string, by = clients) => {
    const { file, key } = issue({ subject, use: 'clientAuth', by })
    return { certificate: file, key }
  }
  return {
    ...{ server, client, stranger, read: (path) => readFile(path) },
    api: {
      ...{ node: 'node1', origin: server.origin, authority: authority.file },
      ...client('/O=system:nodes/CN=system:node:node1'),
    },
  }
}

/** The door of a node to it. */
export const door = (
  { api, read }: Pick<Cluster, 'api' | 'read'>,
  more: Partial<NodeApi> = {},
  timeout = 5000,
) => openDoor({ api: { ...api, ...more }, version: '0', read, now: Date.now, timeout })

export const missing = join(import.meta.dirname, 'none.pem')
