import { subnetFile } from './conf.ts'
import { linkOf, plan } from './expected.ts'
import type { CniSample } from './sample.ts'

/**
 * How long after a start files and overlay may be missing, ms: k3s starts flannel once the API answers (k3s,
 * pkg/agent/run.go), which takes most of a minute on a slow node.
 */
export const grace = 120_000

/** Since when each thing that flannel creates when it starts has been missing. */
export function lackingSince(
  sample: CniSample,
  before: CniSample | undefined,
  now: number,
): Readonly<Record<string, number>> {
  const it = plan(sample)
  if (it.kind !== 'flannel') return {}
  const overlays = sample.interfaces ? it.overlays.filter((name) => !linkOf(sample, name)) : []
  const names = [...overlays, ...(sample.subnet === null ? [subnetFile] : [])]
  return Object.fromEntries(names.map((name) => [name, Math.min(before?.lacking?.[name] ?? now, now)]))
}

/** It was missing before k3s last started: that start should have created it and did not. */
export function outlastsStart({ lacking = {}, k3s }: CniSample, name: string): boolean {
  const since = lacking[name]
  return since !== undefined && k3s?.running !== undefined && since < k3s.running.since - grace
}

/** The last steps to try, when a start of k3s has not recreated it. */
export const killall = ({ k3s }: CniSample): readonly string[] => [
  'If the log says nothing, stop databases properly, then stop every pod here: `k3s-killall.sh`',
  `Start k3s, which creates the network again: \`systemctl start ${k3s?.unit ?? 'k3s'}\``,
]

/** Beside these steps. */
export const besideKillall: readonly string[] = [
  "Don't run `iptables -F`: it restores no interface and may lock out SSH.",
  "Don't reboot for this: a boot is just one more start of k3s.",
]
