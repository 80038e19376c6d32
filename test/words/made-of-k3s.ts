import type { Observation, Series } from '../../agent/model/index.ts'
import { assess } from '../../collectors/k3s/assess.ts'
import { whatHappened } from '../../collectors/k3s/happened.ts'
import type { K3sSample, UnitState } from '../../collectors/k3s/sample.ts'
import { limits, minute, noon, server, startedAt, stopped } from '../collectors/k3s/samples.ts'

/** What the collector says of k3s in every state, of servers and agents, and of all that can happen to it. */

const dataDir = '/var/lib/rancher/k3s'
const agent = (more: Partial<K3sSample>): K3sSample => {
  const it = server(more)
  return { ...it, k3s: { ...(it.k3s as NonNullable<typeof it.k3s>), role: 'agent', unit: 'k3s-agent' } }
}
const unit = (active: string, result: string, status = 1): UnitState => ({
  ...{
    active,
    sub: active === 'activating' ? 'auto-restart' : 'dead',
    restarts: 5,
    result,
    status,
    enabled: true,
  },
})
const unwell = (said: string) => ({ well: false, since: noon - 9 * minute, said, up: noon - 60 * minute })
const answers = {
  api: unwell('answers 500: not ready: etcd, poststarthook/rbac/bootstrap-roles'),
  kubelet: unwell('does not answer on 127.0.0.1:10248: connect ECONNREFUSED'),
  'kube-proxy': unwell('answers 503'),
}
/** What the cluster may show of this node, with the kubelet's words (k8s: pkg/kubelet/nodestatus/setters.go). */
const nodes = [
  ...[
    'container runtime is down',
    'PLEG is not healthy: pleg was last seen active 3m9.1s ago; threshold is 3m0s',
    'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:cni plugin not initialized',
    'node is shutting down',
    'Kubelet stopped posting node status.',
  ].map((message, at, all) => ({
    ready: false,
    pressures: [],
    condition: {
      status: at === all.length - 1 ? 'Unknown' : 'False',
      reason: 'KubeletNotReady',
      message,
      since: noon - 9 * minute,
    },
    renewed: noon - 10 * minute,
  })),
  ...['DiskPressure', 'MemoryPressure', 'PIDPressure'].map((it) => ({ ready: true, pressures: [it] })),
  { ready: false, pressures: [], gone: noon - 20 * minute },
].map((it) => ({ name: 'ip-10-0-113-27.eu-central-1.compute.internal', taints: [], ...it }))
const disk = (more: object) => ({
  disks: [
    {
      path: `${dataDir}/agent/containerd`,
      also: ['/var/log/pods', '/var/lib/kubelet'],
      size: 64e9,
      used: 60,
      ...more,
    },
  ],
})

/** What happened between a look and the next, and is said at once. */
function happened(before: K3sSample, after: K3sSample): readonly Observation[] {
  const all = whatHappened(before, after, noon - minute, noon)
  return assess({ ...after, happened: all }, {}, limits, noon).filter(({ code }) =>
    all.some((it) => it.code === code),
  )
}
const ended = {
  at: noon - minute / 2,
  exit: 2,
  result: 'exit-code',
  reason: 'panic: vxlan.go:217: link not found',
}
const gone = { tasks: { count: 0, some: [] }, links: {} }
const events = [
  happened(server(), { ...server(), boot: 'b', booted: noon - minute / 2 }),
  happened(server(), startedAt(noon - minute / 2)),
  happened(server(), startedAt(noon - minute / 2, { version: 'v1.34.1+k3s1', owed: 1 })),
  happened(
    server(),
    startedAt(noon - minute / 4, { ended, unit: { ...unit('active', 'success', 0), restarts: 3 } }),
  ),
  happened(
    server(),
    startedAt(noon - minute / 4, { ended: { at: noon - minute, result: 'oom-kill', signal: 9 } }),
  ),
  happened(server(), stopped(noon - minute / 2, gone)),
  happened(server(), startedAt(noon - minute / 4, gone)),
  happened(server(), server({ rotated: noon - minute / 2 })),
]

/** A disk that fills by three percent a day, and a datastore by as much. */
const rising: Series = (name, from) =>
  Array.from({ length: 72 }, (_, at) => {
    const ago = 72 - at
    return { at: noon - ago * 60 * minute, value: name === 'datastore' ? 2e9 - ago * 1e7 : 92 - ago / 8 }
  }).filter((it) => it.at >= from)

const states: readonly K3sSample[] = [
  ...nodes.map((node) => server({ node })),
  server({ answers }),
  agent({ answers, servers: ['192.0.2.10:6443', '192.0.2.11:6443', '192.0.2.12:6443', '192.0.2.13:6443'] }),
  ...['exit-code', 'oom-kill', 'timeout', 'start-limit-hit', 'watchdog'].map((result) =>
    stopped(noon - 20 * minute, { unit: unit('failed', result) }),
  ),
  stopped(noon - 20 * minute, { unit: unit('activating', 'success') }),
  stopped(noon - 20 * minute, { unit: unit('inactive', 'success') }),
  stopped(noon - 20 * minute, { unit: null, enabled: true, tasks: { count: 0, some: [] } }),
  stopped(noon - minute, {
    unit: unit('activating', 'exit-code'),
    restarts: [0, 1, 4, 117].map((count) => ({ at: noon - (12 - count / 10) * minute, count })),
  }),
  server(disk({ used: 92 })),
  server(disk({ used: 99.8 })),
  server(disk({ inodes: 98.2 })),
  server({ datastore: { kind: 'sqlite', size: 12_345_678_901, log: 5_000_000 } }),
  server({ datastore: { kind: 'etcd', size: 1_700_000_000, log: 0, quota: 2 ** 31 } }),
]

export const ofK3s: readonly Observation[] = [
  ...events.flat(),
  ...states.flatMap((it) => assess(it, {}, limits, noon)),
  ...assess(
    server({ ...disk({ used: 92 }), datastore: { kind: 'sqlite', size: 2e9, log: 0 } }),
    { series: rising },
    limits,
    noon,
  ),
]
