import type { Host } from '../../agent/model/index.ts'
import { second } from '../../agent/text/times.ts'
import type { NodeRow } from '../node/api-objects.ts'
import { isSilent } from '../node/kube-api.ts'
import type { Peer, Place } from './sample.ts'

/** So many servers are asked; a cluster with embedded etcd has three or five. */
const mostPeers = 8
const timeout = 3 * second

/**
 * Whether the other servers answer, while this one's API does not: k3s's own `/ping`, by the address that the API last
 * showed for them, without any credential. Whatever the server says, it answers; only silence counts, and a server whose
 * certificate is not of the cluster is not silent either.
 */
export async function askPeers(
  host: Host,
  { me, api }: Place,
  nodes: readonly NodeRow[],
  before: readonly Peer[],
): Promise<readonly Peer[]> {
  const servers = nodes.filter((it) => it.server && it.name !== me && it.address).slice(0, mostPeers)
  return await Promise.all(
    servers.map(async ({ name, address = '' }): Promise<Peer> => {
      const silent = await isSilent(host, api, address, timeout)
      if (!silent) return { name }
      return { name, since: before.find((it) => it.name === name)?.since ?? host.now() }
    }),
  )
}
