import { quoted } from '../../agent/text/shell.ts'
import type { K3s } from '../node/k3s.ts'

/**
 * The gravest lines that k3s writes, in its three forms (logrus, klog, Go's panic). All have priority 6, fatal ones too
 * (the default of its unit), so that `journalctl -p err` shows none of them.
 */
const grave = 'level=(fatal|error)|^[EF][0-9]{4} |^panic: |^fatal error: '

/** What it writes only as it ends: a k3s that runs again writes dozens of errors within its first minute. */
const last = 'level=fatal|^F[0-9]{4} |^panic: |^fatal error: '

/** The command that shows what a k3s that runs again said last before it ended. */
export const lastWordsOf = (unit: string) =>
  `\`journalctl -u ${unit} -b --no-pager -g '${last}' | tail -n 10\``

/** The command that shows why k3s ended. Before systemd 253 `-n` counts lines before `-g` chooses among them. */
export const linesOf = (unit: string) => `\`journalctl -u ${unit} -b --no-pager -g '${grave}' | tail -n 30\``

/** The command that deletes images no container uses, in backticks: RKE2 has no subcommand for that. */
export const prune = (k3s: Pick<K3s, 'dataDir' | 'distribution'> | undefined): string =>
  k3s?.distribution === 'rke2'
    ? `\`CRI_CONFIG_FILE=${quoted(`${k3s.dataDir}/agent/etc/crictl.yaml`)} ${quoted(`${k3s.dataDir}/bin/crictl`)} rmi --prune\``
    : '`k3s crictl rmi --prune`'
