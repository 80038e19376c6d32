import type { Watch } from '../../agent/model/index.ts'
import { exists, orMissing } from '../node/ask.ts'
import type { K3sSample } from './sample.ts'

/** Nothing tells that a process ended. A question costs 0.03 ms of CPU (measured): with this pause, ms, 0.002 % of a core. */
export const processPause = 2_000

/**
 * Wakes when k3s ends, and when something starts in its unit while it does not run: a crash is told once systemd has
 * started it again, 5 s later. The unit's cgroup has the processes of all pods too, so it says nothing while k3s runs.
 */
export function processPolls({ k3s }: Pick<K3sSample, 'k3s'>): Watch[] {
  if (!k3s) return []
  const { running, unit } = k3s
  const procs = `/sys/fs/cgroup/system.slice/${unit}.service/cgroup.procs`
  return [
    {
      kind: 'poll',
      name: running ? `${unit} (process ${running.pid})` : `start of ${unit}`,
      pause: processPause,
      ask: running
        ? async (host) => ((await exists(host, `/proc/${running.pid}`)) ? 'runs' : 'ended')
        : async (host) => (await orMissing(host.text(procs, { limit: 65_536 }))) ?? 'none',
    },
  ]
}
