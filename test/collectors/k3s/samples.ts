import type { K3sSample } from '../../../collectors/k3s/sample.ts'

export const minute = 60_000
export const noon = Date.parse('2026-11-23T12:00:00Z')
export const limits = { disk_percent: 90, disk_days: 3, stopped_minutes: 15, datastore_mib: 2048 }

/** A server that has been well for an hour; only what a test cares about has to be said. */
export const server = ({ k3s, ...more }: Partial<K3sSample> = {}): K3sSample => ({
  boot: 'a',
  booted: noon - 120 * minute,
  k3s: {
    distribution: 'k3s',
    role: 'server',
    dataDir: '/var/lib/rancher/k3s',
    unit: 'k3s',
    binary: '/usr/local/bin/k3s',
    running: { pid: 10, since: noon - 60 * minute },
    ...k3s,
  },
  version: 'v1.33.1+k3s1',
  seen: true,
  unit: { active: 'active', sub: 'running', restarts: 0, result: 'success', status: 0, enabled: true },
  restarts: [{ at: noon - 60 * minute, count: 0 }],
  tasks: { count: 3, some: ['a1', 'b2', 'c3'] },
  links: { cni0: 5, 'flannel.1': 4 },
  rotated: noon - 60 * minute,
  ...more,
})

/** The same without its process. */
export function stopped(gone: number, more: Partial<K3sSample> = {}): K3sSample {
  const { k3s, ...rest } = server(more)
  const { running: _running, ...still } = k3s as NonNullable<K3sSample['k3s']>
  return { ...rest, k3s: still, gone }
}

/** The same with a process that started at `since`. */
export const startedAt = (since: number, more: Partial<K3sSample> = {}): K3sSample => {
  const it = server(more)
  return { ...it, k3s: { ...(it.k3s as NonNullable<K3sSample['k3s']>), running: { pid: 11, since } } }
}
