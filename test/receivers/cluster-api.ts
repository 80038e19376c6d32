import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Issued } from '../collectors/certs/openssl.ts'
import { type Answer, json } from './server.ts'

/**
 * An API server as far as who watches nodes asks it: Nodes as objects and as a Table, the names of pods, Leases, each
 * with what Node authorizer and RBAC say to whom. Shapes, sizes and sentences are those of a k3s v1.36.3+k3s1. TLS is
 * real, and who asks is known by the client certificate.
 */
export interface ClusterApi {
  readonly port: number
  readonly nodes: Map<string, ClusterNode>
  /** "GET path as user", in order. */
  readonly asked: string[]
  /** Answers in place of its own; `hang`: none. */
  fault: ((path: string, user: string) => Answer | 'hang' | undefined) | undefined
  close(): Promise<void>
}

export interface ClusterNode {
  readonly address: string
  readonly server?: boolean
  cordoned?: boolean
  conditions: Record<string, string>[]
  taints?: { key: string; effect: string }[]
  volumes?: readonly string[]
  pods?: readonly ClusterPod[]
  /** When it was registered; long ago where that is absent. */
  created?: string
  /** When its Lease was renewed last. */
  renewed?: string
}

export interface ClusterPod {
  readonly namespace: string
  readonly name: string
  readonly owner?: string
  readonly deleted?: string
}

const status = (code: number, reason: string, message: string) =>
  json(code, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code })

const columns = [
  ...['Name', 'Status', 'Roles', 'Age', 'Version', 'Internal-IP', 'External-IP'],
  ...['OS-Image', 'Kernel-Version', 'Container-Runtime'],
  // Each comes with the description of its field, 3.2 kB in all.
].map((name) => ({
  name,
  type: 'string',
  format: '',
  description: `${name}: ${'what it is. '.repeat(25)}`,
  priority: 0,
}))

export async function startClusterApi(
  serving: Issued,
  clients: Issued,
  { host = '127.0.0.1', port = 0 } = {},
): Promise<ClusterApi> {
  const server = createServer(
    {
      ...{ cert: serving.pem, key: readFileSync(serving.key), ca: clients.pem },
      ...{ requestCert: true, rejectUnauthorized: false },
    },
    (request, response) => {
      const socket = request.socket as TLSSocket
      const user = socket.authorized ? String(socket.getPeerCertificate().subject?.CN ?? '') : ''
      const path = request.url ?? ''
      api.asked.push(`${request.method} ${path} as ${user}`)
      const fault = api.fault?.(path, user)
      if (fault === 'hang') return
      const it = fault ?? answerOf(new URL(path, 'https://api'), user, request.headers.accept ?? '', api)
      response.writeHead(it.status, it.headers).end(it.body)
    },
  )
  await new Promise<void>((resolve) => server.listen(port, host, resolve))
  const api: ClusterApi = {
    port: (server.address() as AddressInfo).port,
    ...{ nodes: new Map(), asked: [], fault: undefined },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return api
}

/** What it says to `user`, '' for nobody whom it knows. */
export function answerOf(url: URL, user: string, accept: string, api: Pick<ClusterApi, 'nodes'>): Answer {
  if (url.pathname === '/ping') return { status: 200, body: 'pong' }
  if (!user) return status(401, 'Unauthorized', 'Unauthorized')
  const isTable = accept.includes('as=Table')
  const own = /^system:node:(.+)$/.exec(user)?.[1]
  const refused = (verb: string, what: string, why = '') =>
    status(
      403,
      'Forbidden',
      `${what} is forbidden: User "${user}" cannot ${verb} resource "${what.split(' ')[0]}" in API group "" at the cluster scope${why && `: ${why}`}`,
    )
  const mayRead = user === 'system:kube-proxy' || user === 'system:k3s-controller'
  if (url.pathname === '/api/v1/nodes') {
    if (!mayRead)
      return refused('list', 'nodes', `node '${own}' cannot read all nodes, only its own Node object`)
    if (!isTable)
      return json(200, { kind: 'NodeList', items: [...api.nodes].map(([name, it]) => nodeObject(name, it)) })
    return listed([...api.nodes], url, (all, more) => table(all, more))
  }
  const [, name] = /^\/api\/v1\/nodes\/([^/]+)$/.exec(url.pathname) ?? []
  if (name !== undefined) {
    if (!mayRead && own !== name)
      return refused(
        'get',
        `nodes "${name}"`,
        `node '${own}' cannot read '${name}', only its own Node object`,
      )
    const it = api.nodes.get(name)
    if (!it) return status(404, 'NotFound', `nodes "${name}" not found`)
    return isTable ? table([[name, it]]) : json(200, nodeObject(name, it))
  }
  if (url.pathname === '/api/v1/pods') {
    if (user !== 'system:k3s-controller') return refused('list', 'pods')
    const of = /spec\.nodeName=([^,]+)/.exec(url.searchParams.get('fieldSelector') ?? '')?.[1] ?? ''
    return listed([...(api.nodes.get(of)?.pods ?? [])], url, podList)
  }
  const [, lease] =
    /^\/apis\/coordination\.k8s\.io\/v1\/namespaces\/kube-node-lease\/leases\/([^/]+)$/.exec(url.pathname) ??
    []
  if (lease !== undefined) {
    if (own !== lease) return refused('get', `leases "${lease}"`)
    const { renewed } = api.nodes.get(lease) ?? {}
    return json(200, {
      kind: 'Lease',
      metadata: { name: lease },
      spec: { holderIdentity: lease, leaseDurationSeconds: 40, renewTime: renewed },
    })
  }
  return status(403, 'Forbidden', `forbidden: User "${user}" cannot get path "${url.pathname}"`)
}

/** A page of a list, by `limit` and `continue`. */
function listed<T>(all: readonly T[], url: URL, made: (items: readonly T[], more: string) => Answer): Answer {
  const limit = Number(url.searchParams.get('limit') ?? all.length)
  const from = Number(url.searchParams.get('continue') ?? 0)
  return made(all.slice(from, from + limit), from + limit < all.length ? `${from + limit}` : '')
}

const isReady = ({ conditions }: ClusterNode) =>
  conditions.some((it) => it.type === 'Ready' && it.status === 'True')

function table(all: readonly (readonly [string, ClusterNode])[], more = ''): Answer {
  const rows = all.map(([name, it]) => ({
    cells: [
      ...[name, `${isReady(it) ? 'Ready' : 'NotReady'}${it.cordoned ? ',SchedulingDisabled' : ''}`],
      ...[it.server ? 'control-plane,etcd' : '<none>', '4d', 'v1.36.3+k3s1', it.address, '<none>'],
      ...['Debian GNU/Linux 12 (bookworm)', '6.18.5', 'containerd://2.3.2-k3s1'],
    ],
    object: null,
  }))
  return json(200, {
    ...{
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { resourceVersion: '8', ...(more && { continue: more }) },
    },
    ...{ columnDefinitions: columns, rows },
  })
}

const nodeObject = (
  name: string,
  { conditions, cordoned, taints, volumes = [], created = '2026-11-01T00:00:00Z' }: ClusterNode,
) => ({
  ...{
    kind: 'Node',
    apiVersion: 'v1',
    metadata: {
      name,
      uid: `uid-${name}`,
      creationTimestamp: created,
      annotations: { 'k3s.io/node-args': '["server"]' },
    },
  },
  spec: { podCIDR: '10.42.0.0/24', ...(cordoned && { unschedulable: true }), ...(taints && { taints }) },
  status: {
    ...{ conditions, volumesAttached: volumes.map((it) => ({ name: it, devicePath: '' })) },
    images: Array.from({ length: 50 }, (_, at) => ({
      names: [`registry.example/image-${at}@sha256:${'0'.repeat(64)}`],
      sizeBytes: 1,
    })),
  },
})

const podList = (pods: readonly ClusterPod[], more: string): Answer =>
  json(200, {
    ...{
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { ...(more && { continue: more }) },
    },
    items: pods.map(({ namespace, name, owner = 'ReplicaSet', deleted }) => ({
      metadata: {
        ...{ namespace, name, ownerReferences: [{ kind: owner, name: 'x', controller: true }] },
        ...(deleted && { deletionTimestamp: deleted }),
        managedFields: [{ manager: 'kubelet', fieldsV1: { f: 'x'.repeat(1500) } }],
      },
    })),
  })
