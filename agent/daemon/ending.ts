import { uptime } from 'node:os'
import type { Ending } from '../delivery/kubernetes/picture.ts'
import type { Host } from '../model/index.ts'
import { second } from '../text/times.ts'

/** How long the journal may take to say why everything stops, ms: the last word has three seconds in all. */
const patience = 2000
/** How long before the agent is stopped the order for it was given, s: logind may wait for some programs (5 s). */
const before = 15
const most = 1024 * 1024

/**
 * Why the agent is being stopped. By the journal: logind writes what it was ordered, before systemd stops anything.
 * systemd itself cannot be asked, as the bus by which others than root ask it ends at the same moment. Never rejects.
 */
export async function endingOf(host: Pick<Host, 'run'>, now: number): Promise<Ending> {
  const since = Math.floor(now / second - Math.min(before, uptime()))
  // Fields that begin with _ are written by journald, not by whoever logs.
  const fields = ['_SYSTEMD_UNIT=systemd-logind.service', '+', '_PID=1']
  try {
    const argv = ['journalctl', '--quiet', '--no-pager', '--output=cat', `--since=@${since}`, ...fields]
    const { stdout } = await host.run(argv, { timeout: patience, limit: most })
    return endingIn(stdout)
  } catch {
    return 'stopped'
  }
}

/** What logind says of each order (systemd: src/login/logind-dbus.c), the longer ones first. */
const orders: readonly (readonly [RegExp, Ending])[] = [
  [/^System is rebooting with kexec\b/m, 'kexec'],
  [/^System userspace is rebooting\b/m, 'soft-reboot'],
  [/^System is rebooting\b/m, 'reboot'],
  [/^System is powering (?:down|off)\b/m, 'poweroff'],
  [/^System is halting\b/m, 'halt'],
]

/** By the lines of logind and systemd; without an order of logind's the machine may go down by another's. */
export function endingIn(lines: string): Ending {
  const [, ordered] = orders.find(([form]) => form.test(lines)) ?? []
  return (
    ordered ?? (/^Stopped target (?:multi-user|graphical)\.target\b/m.test(lines) ? 'shutdown' : 'stopped')
  )
}
