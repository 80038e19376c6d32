import type { Ending } from '../delivery/kubernetes/picture.ts'
import type { Host } from '../model/index.ts'

/** How long systemd may take to say why everything stops, ms: the last word has a second in all. */
const patience = 400

/**
 * Why the agent is being stopped: while the machine goes down, systemd has a start job for the target that it goes to
 * (systemd.special(7)); otherwise the agent alone is stopped. Never rejects.
 */
export async function endingOf(host: Pick<Host, 'run'>): Promise<Ending> {
  try {
    const argv = ['systemctl', 'list-jobs', '--no-legend', '--no-pager', '--plain']
    const { stdout } = await host.run(argv, { timeout: patience, limit: 64 * 1024 })
    return endingIn(stdout)
  } catch {
    return 'stopped'
  }
}

/** By the lines of `systemctl list-jobs`: `123 reboot.target start waiting`. */
export function endingIn(jobs: string): Ending {
  const [, target] = /^\s*\d+\s+(soft-reboot|reboot|poweroff|halt|kexec)\.target\s+start\b/m.exec(jobs) ?? []
  return (target as Ending | undefined) ?? 'stopped'
}
