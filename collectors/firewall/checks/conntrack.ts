import type { Host } from '../../../agent/model/index.ts'
import { orNothing } from '../../node/ask.ts'
import type { FirewallSample } from '../sample.ts'

const folder = '/proc/sys/net/netfilter'

/**
 * Undefined where the kernel tracks no connections. Rounded to whole percent, so that the sample of a quiet node stays
 * the same.
 */
export async function readConntrack(host: Host): Promise<FirewallSample['conntrack']> {
  const number = async (name: string) => Number(await orNothing(host.text(`${folder}/${name}`)))
  const [used, most] = await Promise.all([number('nf_conntrack_count'), number('nf_conntrack_max')])
  if (!Number.isFinite(used) || !(most > 0)) return undefined
  return { percent: Math.min(100, Math.round((used / most) * 100)), most }
}
