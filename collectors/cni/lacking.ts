import { subnetFile } from './conf.ts'
import { linkOf, plan } from './expected.ts'
import type { CniSample } from './sample.ts'

/**
 * k3s starts flannel once the API answers; until then files and overlay may not be there yet (k3s,
 * pkg/agent/run.go). On a slow node this takes most of a minute.
 */
export const grace = 120_000

/** Since when what flannel makes when it starts has not been there. */
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

/** It was missing already before this start of k3s, which should have made it: the start alone is no news of it. */
export function outlastsStart({ lacking = {}, k3s }: CniSample, name: string): boolean {
  const since = lacking[name]
  return since !== undefined && k3s?.running !== undefined && since < k3s.running.since - grace
}

/** What is left when a start has not brought it back. */
export const killall = ({ k3s }: CniSample) =>
  `If nothing there says why: \`k3s-killall.sh\`, then \`systemctl start ${k3s?.unit ?? 'k3s'}\`: makes all of the network anew. It stops every pod here at once: end databases properly before`
