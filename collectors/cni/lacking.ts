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

/** The last step to try, when a start of k3s has not recreated it. */
export const killall = ({ k3s }: CniSample) =>
  `If nothing there says why: \`k3s-killall.sh\`, then \`systemctl start ${k3s?.unit ?? 'k3s'}\`: makes all of the network anew. It stops every pod here at once: end databases properly before`
