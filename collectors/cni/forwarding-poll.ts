import type { Host, Watch } from '../../agent/model/index.ts'
import { orMissing } from '../node/ask.ts'
import { plan } from './expected.ts'
import { forward4, forward6, root } from './kernel.ts'
import type { CniSample } from './sample.ts'

/**
 * Nothing tells of a change of these settings, and each cuts off every pod at once. With this pause, ms, the two files
 * cost less than 0.01 % of a core (measured: 0.07 ms of CPU a question).
 */
export const forwardingPause = 5_000

/** A poll of the settings by which the kernel forwards at all, where they are judged. */
export function forwardingPolls(sample: CniSample): Watch[] {
  const it = plan(sample)
  if (it.kind === 'unknown' || (it.kind === 'other' && !it.pods)) return []
  // With another CNI than flannel IPv6 is not judged.
  const ipv6 = it.kind === 'flannel' && sample.netConf?.ipv6 === true
  const paths = [forward4, ...(ipv6 ? [forward6] : [])]
  return [
    {
      kind: 'poll',
      name: paths.map((path) => path.replaceAll('/', '.')).join(' and '),
      pause: forwardingPause,
      ask: async (host) => (await Promise.all(paths.map((path) => value(host, path)))).join(' '),
    },
  ]
}

const value = async (host: Host, path: string) =>
  (await orMissing(host.text(`${root}/${path}`, { limit: 64 })))?.trim() ?? 'missing'
