import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Issued } from '../collectors/certs/openssl.ts'
import { type Answer, type Arrived, type Fault, json, object } from './server.ts'

/**
 * An API server as a kubelet's credential meets it: TLS by the cluster's authority, client certificates, the Node
 * authorizer, NodeRestriction, and as much of Node objects and events as they let it write. Sentences and shapes as a
 * k3s v1.36.3+k3s1 answered them to the certificate of its own node.
 */
export interface ApiServer {
  readonly origin: string
  readonly arrived: FromNode[]
  /** By name; without one there is no such Node. */
  readonly nodes: Map<string, ApiNode>
  readonly events: Map<string, Record<string, unknown>>
  /** Asked for each request. */
  fault: ((request: FromNode, count: number) => Fault | undefined) | undefined
  close(): Promise<void>
}

/** `port`: of the connection at its other end. */
type FromNode = Arrived & { readonly user: string; readonly port: number | undefined }

export interface ApiNode {
  uid: string
  conditions: Record<string, string>[]
}

export interface ApiServerOptions {
  /** The serving certificate and its key; whose clients are known. */
  readonly serving: Pick<Issued, 'pem' | 'key'>
  readonly clients: Pick<Issued, 'pem'>
  readonly port?: number
}

type Verb = 'get' | 'list' | 'create' | 'patch' | 'update' | 'delete'

const status = (code: number, reason: string, message: string, details: object = {}) =>
  json(code, {
    ...{ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' },
    ...{ message, reason, details, code },
  })

export async function startApiServer({ serving, clients, port = 0 }: ApiServerOptions): Promise<ApiServer> {
  const server = createServer(
    {
      cert: serving.pem,
      key: readFileSync(serving.key),
      ca: clients.pem,
      requestCert: true,
      rejectUnauthorized: false,
    },
    (request, response) => {
      const socket = request.socket as TLSSocket
      const subject = socket.authorized ? socket.getPeerCertificate().subject : undefined
      const user = subject?.O === 'system:nodes' && typeof subject.CN === 'string' ? subject.CN : ''
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part))
      request.on('end', () => {
        const it = {
          ...{
            at: Date.now(),
            method: request.method ?? '',
            path: request.url ?? '',
            headers: request.headers,
          },
          ...{ body: Buffer.concat(parts).toString(), user, port: socket.remotePort },
        }
        api.arrived.push(it)
        const fault = api.fault?.(it, api.arrived.length)
        if (fault === 'hang') return
        const own = fault === undefined || fault === 'lost' ? answer(it, api) : undefined
        if (fault === 'drop' || fault === 'lost') return void request.socket.destroy()
        const { status: code, headers, body } = own ?? (fault as Answer)
        response.writeHead(code, headers).end(body)
      })
    },
  )
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const api: ApiServer = {
    origin: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrived: [],
    nodes: new Map(),
    events: new Map(),
    fault: undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return api
}

const verbs: Readonly<Record<string, Verb>> = {
  POST: 'create',
  PATCH: 'patch',
  PUT: 'update',
  DELETE: 'delete',
}

function answer(request: FromNode, api: ApiServer): Answer {
  const { user, method, headers } = request
  if (!user) return status(401, 'Unauthorized', 'Unauthorized')
  const url = new URL(request.path, 'https://api')
  const node = user.replace(/^system:node:/, '')
  const isDry = url.searchParams.get('dryRun') === 'All'
  const ofNode = /^\/api\/v1\/nodes(?:\/([^/]+))?(?:\/(status))?$/.exec(url.pathname)
  const ofEvent = /^\/api(?:s\/(events\.k8s\.io))?\/v1\/namespaces\/([^/]+)\/events(?:\/([^/]+))?$/.exec(
    url.pathname,
  )
  const name = (ofNode?.[1] ?? ofEvent?.[3] ?? '') as string
  const verb = verbs[method] ?? (name ? 'get' : 'list')
  const forbidden = (resource: string, group: string, where: string, why = '') =>
    status(
      403,
      'Forbidden',
      `${resource.split('/')[0]}${name ? ` "${name}"` : ''} is forbidden: User "${user}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}${why && `: ${why}`}`,
      { ...(name && { name }), kind: resource.split('/')[0] },
    )
  if (ofNode) {
    const resource = ofNode[2] ? 'nodes/status' : 'nodes'
    const cluster = 'at the cluster scope'
    if (resource === 'nodes/status' && verb !== 'patch' && verb !== 'update')
      return forbidden(resource, '', cluster)
    if (verb === 'delete') return forbidden(resource, '', cluster)
    if (verb === 'list')
      return forbidden(
        resource,
        '',
        cluster,
        `node '${node}' cannot read all nodes, only its own Node object`,
      )
    if (verb === 'get' && name !== node)
      return forbidden(
        resource,
        '',
        cluster,
        `node '${node}' cannot read '${name}', only its own Node object`,
      )
    const known = api.nodes.get(name)
    if (!known) return status(404, 'NotFound', `nodes "${name}" not found`, { name, kind: 'nodes' })
    if (verb === 'get') return json(200, nodeObject(name, known))
    if (name !== node)
      return status(
        403,
        'Forbidden',
        `nodes "${name}" is forbidden: node "${node}" is not allowed to modify node "${name}"`,
      )
    return patchNode(name, known, request, isDry)
  }
  if (ofEvent) {
    const [, group = '', namespace = ''] = ofEvent
    if (!['create', 'patch', 'update'].includes(verb))
      return forbidden('events', group, `in the namespace "${namespace}"`)
    if (group) return status(422, 'Invalid', 'Event "" is invalid: eventTime: Required value')
    return verb === 'create'
      ? createEvent(namespace, request, api, isDry)
      : patchEvent(name, request, api, headers['content-type'], isDry)
  }
  return status(
    403,
    'Forbidden',
    `forbidden: User "${user}" cannot ${method.toLowerCase()} path "${url.pathname}"`,
  )
}

const nodeObject = (name: string, { uid, conditions }: ApiNode) => ({
  ...{ kind: 'Node', apiVersion: 'v1', metadata: { name, uid, resourceVersion: '1' } },
  ...{ spec: {}, status: { conditions } },
})

const unsupported = () => status(415, 'UnsupportedMediaType', '415: Unsupported Media Type')

const mergeType = 'application/strategic-merge-patch+json'

/** Strategic merge: lists of conditions merge by `type`, `$patch: delete` removes one (core/v1 types.go). */
function patchNode(name: string, known: ApiNode, request: Arrived, isDry: boolean): Answer {
  if (request.headers['content-type'] !== mergeType) return unsupported()
  const patch = object(request.body)
  const { status: part } = (patch ?? {}) as { status?: { conditions?: Record<string, string>[] } }
  if (!patch || Object.keys(patch).join() !== 'status')
    return status(400, 'BadRequest', 'error decoding patch')
  let conditions = [...known.conditions]
  for (const it of part?.conditions ?? []) {
    if (!it.type)
      return json(500, {
        kind: 'Status',
        status: 'Failure',
        message: 'map: map[] does not contain declared merge key: type',
        code: 500,
      })
    const last = conditions.find(({ type }) => type === it.type)
    if (it.$patch === 'delete') conditions = conditions.filter((one) => one !== last)
    else if (last) conditions = conditions.map((one) => (one === last ? { ...one, ...it } : one))
    else conditions.push(it)
  }
  const after = { uid: known.uid, conditions }
  if (!isDry) known.conditions = conditions
  return json(200, nodeObject(name, after))
}

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

/** As `legacyValidateEvent` has it (pkg/apis/core/validation/events.go), for an event without `eventTime`. */
function createEvent(namespace: string, request: Arrived, api: ApiServer, isDry: boolean): Answer {
  const event = object(request.body)
  const metadata = (event?.metadata ?? {}) as Record<string, string>
  const involved = (event?.involvedObject ?? {}) as Record<string, string>
  const { name = '' } = metadata
  const invalid = (why: string) => status(422, 'Invalid', `Event "${name}" is invalid: ${why}`)
  if (event?.kind !== 'Event') return status(400, 'BadRequest', 'the object provided is unrecognized')
  // The real one takes any name here, and rejects it in a later version: so this one does now.
  if (!subdomain.test(name) || name.length > 253) return invalid(`metadata.name: Invalid value: "${name}"`)
  if (metadata.namespace !== namespace)
    return status(
      400,
      'BadRequest',
      'the namespace of the provided object does not match the namespace sent on the request',
    )
  if (!involved.namespace && namespace !== 'default')
    return invalid('involvedObject.namespace: Invalid value: "": does not match event.namespace')
  if (api.events.has(name))
    return status(409, 'AlreadyExists', `events "${name}" already exists`, { name, kind: 'events' })
  if (!isDry) api.events.set(name, event)
  return json(201, event)
}

function patchEvent(
  name: string,
  request: Arrived,
  api: ApiServer,
  type: string | undefined,
  isDry: boolean,
): Answer {
  const known = api.events.get(name)
  if (!known) return status(404, 'NotFound', `events "${name}" not found`, { name, kind: 'events' })
  if (type !== mergeType) return unsupported()
  const after = { ...known, ...object(request.body) }
  if (!isDry) api.events.set(name, after)
  return json(200, after)
}
