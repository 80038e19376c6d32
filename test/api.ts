import { createServer } from 'node:http'

/**
 * What an API server answers `kubectl`, at the address that it asks when nobody names another: some objects, tables of
 * them as the server prints them, numbers of pods, its own numbers, a check that fails, a log. A stand-in: it knows only
 * what the commands of messages ask.
 */
interface Pod {
  readonly namespace: string
  readonly name: string
  readonly status: string
  readonly ip: string
  readonly node: string
  readonly labels?: Readonly<Record<string, string>>
}
const here = '192.0.2.9'
let pods: readonly Pod[] = [
  { namespace: 'shop', name: 'db-0', status: 'CrashLoopBackOff', ip: '10.42.0.7', node: here },
  { namespace: 'shop', name: 'redis-0', status: 'Running', ip: '10.42.0.8', node: here },
  { namespace: 'default', name: 'oomer', status: 'OOMKilled', ip: '10.42.1.9', node: 'node2' },
  {
    ...{ namespace: 'kube-system', name: 'coredns-1', status: 'Running', ip: '10.42.1.2', node: 'node2' },
    labels: { 'k8s-app': 'kube-dns' },
  },
]

type Cells = readonly (string | number)[]
const table = (columns: readonly string[], rows: readonly { cells: Cells; of: object }[]) => ({
  kind: 'Table',
  apiVersion: 'meta.k8s.io/v1',
  metadata: {},
  columnDefinitions: columns.map((name) => ({
    name: name.replace('+', ''),
    type: 'string',
    // What only `-o wide` shows.
    priority: name.startsWith('+') ? 1 : 0,
  })),
  rows: rows.map(({ cells, of }) => ({
    cells,
    object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: of },
  })),
})
const kinds: Readonly<Record<string, string>> = {
  ...{ pods: 'Pod', events: 'Event', endpoints: 'Endpoints', nodes: 'Node' },
}
let nodes: readonly string[] = [here, 'node2']
const nodeObject = (name: string) => ({ kind: 'Node', apiVersion: 'v1', metadata: { name, uid: name } })
const list = (groupVersion: string, ...names: readonly string[]) => ({
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion,
  resources: names.map((name) => ({
    name,
    singularName: name.replace(/s$/, ''),
    namespaced: name !== 'nodes',
    kind: kinds[name] ?? name,
    verbs: ['get', 'list', 'delete'],
  })),
})
const object = ({ namespace, name, labels, node, status }: Pod) => ({
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: { namespace, name, labels, uid: name },
  spec: { nodeName: node, containers: [{ name: 'app', image: 'app:1' }] },
  status: {
    phase: 'Running',
    containerStatuses: [
      {
        ...{ name: 'app', image: 'app:1', imageID: '', ready: false, restartCount: 3, state: {} },
        lastState: { terminated: { reason: status, exitCode: 137 } },
      },
    ],
  },
})
const usage = ({ namespace, name }: Pod, at: number) => ({
  metadata: { namespace, name },
  timestamp: '2026-11-29T01:00:00Z',
  window: '15s',
  containers: [{ name: 'app', usage: { cpu: '10m', memory: `${(at + 1) * 10}Mi` } }],
})

/** What is asked for, of one namespace or all; undefined where that is not known. */
function answer(path: string, query: URLSearchParams): unknown {
  const [, namespace, name] = /\/namespaces\/([^/]+)\/\w+(?:\/([^/]+))?/.exec(path) ?? []
  const [, key = '', value = ''] = /^([^=]+)=(.*)$/.exec(query.get('labelSelector') ?? '') ?? []
  const [, node] = /spec\.nodeName=([^,]+)/.exec(query.get('fieldSelector') ?? '') ?? []
  const chosen = pods.filter(
    (it) =>
      (!namespace || it.namespace === namespace) &&
      (!name || it.name === name) &&
      (!node || it.node === node) &&
      (!key || it.labels?.[key] === value),
  )
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'] }
  if (path === '/apis')
    return {
      ...{ kind: 'APIGroupList', apiVersion: 'v1' },
      groups: [
        ['apps', 'v1'],
        ['metrics.k8s.io', 'v1beta1'],
      ].map(([group, version]) => {
        const its = { groupVersion: `${group}/${version}`, version }
        return { name: group, versions: [its], preferredVersion: its }
      }),
    }
  if (path === '/api/v1') return list('v1', 'pods', 'events', 'endpoints', 'nodes')
  if (path === '/api/v1/nodes')
    return table(
      ['Name', 'Status', '+Internal-IP'],
      nodes.map((it) => ({ cells: [it, it === here ? 'Ready' : 'NotReady', it], of: { name: it } })),
    )
  if (path.startsWith('/api/v1/nodes/'))
    return nodes.filter((it) => path.endsWith(`/${it}`)).map(nodeObject)[0]
  if (path === '/apis/apps/v1') return list('apps/v1', 'statefulsets', 'deployments')
  if (path === '/apis/metrics.k8s.io/v1beta1') return list('metrics.k8s.io/v1beta1', 'pods')
  if (path.startsWith('/apis/metrics.k8s.io/')) {
    const api = { apiVersion: 'metrics.k8s.io/v1beta1' }
    if (name) return chosen[0] && { kind: 'PodMetrics', ...api, ...usage(chosen[0], 0) }
    return { kind: 'PodMetricsList', ...api, metadata: {}, items: chosen.map(usage) }
  }
  if (path.endsWith('/statefulsets'))
    return table(['Name', 'Ready'], [{ cells: ['db', '0/1'], of: { name: 'db' } }])
  if (path.endsWith('/deployments')) return table(['Name', 'Ready'], [])
  if (path.endsWith('/events'))
    return table(
      ['Last Seen', 'Reason'],
      ['a', 'b', 'c'].map((it) => ({ cells: ['1m', 'BackOff'], of: { name: it, namespace: 'shop' } })),
    )
  if (path.endsWith('/endpoints/kube-dns'))
    return table(
      ['Name', 'Endpoints', 'Age'],
      [{ cells: ['kube-dns', '10.42.1.2:53', '9d'], of: { name: 'kube-dns', namespace: 'kube-system' } }],
    )
  if (name) return chosen[0] && object(chosen[0])
  if (/\/pods$/.test(path))
    return table(
      ['Name', 'Ready', 'Status', 'Restarts', 'Age', '+IP', '+Node'],
      chosen.map((it) => ({ cells: [it.name, '0/1', it.status, '3', '9d', it.ip, it.node], of: it })),
    )
  return undefined
}

const raw: Readonly<Record<string, readonly [number, string]>> = {
  '/metrics': [
    200,
    `# HELP apiserver_storage_objects Number of stored objects at the time of last check.
apiserver_storage_objects{resource="events"} 41000
apiserver_storage_objects{resource="leases.coordination.k8s.io"} 9
apiserver_storage_objects{resource="pods"} 120
`,
  ],
  '/readyz': [500, '[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed\n'],
}

createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  const [status, text] = raw[pathname] ?? []
  if (text !== undefined) {
    response.writeHead(status ?? 200).end(text)
    return
  }
  if (pathname.endsWith('/log')) {
    response.end(searchParams.get('previous') ? 'PANIC: before it ended\n' : 'FATAL: too many\n')
    return
  }
  const found = answer(pathname, searchParams)
  if (request.method === 'DELETE') {
    pods = pods.filter((it) => !pathname.endsWith(`/${it.name}`))
    nodes = nodes.filter((it) => !pathname.endsWith(`/${it}`))
  }
  response
    .writeHead(found ? 200 : 404, { 'content-type': 'application/json' })
    .end(
      JSON.stringify(
        found ?? { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404 },
      ),
    )
}).listen(8080, '127.0.0.1')
