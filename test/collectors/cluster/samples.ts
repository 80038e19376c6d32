import { assess } from '../../../collectors/cluster/assess.ts'
import type { ClusterSample, Lost } from '../../../collectors/cluster/sample.ts'

export const at = Date.UTC(2026, 10, 23, 3, 0)
export const minute = 60_000
export const place = {
  me: 'server1',
  distribution: 'k3s' as const,
  api: { origin: 'https://127.0.0.1:6443', authority: '/ca', certificate: '/c' },
}
export const server = (name: string, ready = true) => ({
  name,
  ready,
  server: true as const,
  address: '198.51.100.1',
})
export const nodes = [
  server('server1'),
  server('server2'),
  { name: 'node3', ready: false, address: '198.51.100.3' },
]
export const ready = { status: 'Unknown', reason: 'NodeStatusUnknown', message: 'x', since: at }
export const lost: Lost = {
  ...{ name: 'node3', first: at + 5000, by: 'server1', asked: true },
  detail: { ready, volumes: [], volumeCount: 0, pods: { names: ['shop/db-0'], count: 1 } },
}
export const sample: ClusterSample = { role: 'server', place, nodes, lost: [lost], watched: at - 60 * minute }
export const seen = (it: Partial<ClusterSample>, now = at + minute) => assess({ ...sample, ...it }, now)
