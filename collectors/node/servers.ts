import type { Host } from '../../agent/model/index.ts'
import { orNothing } from './ask.ts'
import type { K3s } from './k3s.ts'

/**
 * The servers that an agent's load balancer has saved (k3s, pkg/agent/loadbalancer: `ServerURL`, `ServerAddresses`);
 * none on a server, which has no such file. The first file is there where the API has another port than the one by which
 * agents join, as with RKE2.
 */
export async function serversOf(
  host: Host,
  { dataDir, distribution }: Pick<K3s, 'dataDir' | 'distribution'>,
): Promise<readonly string[]> {
  const file = (name: string) => `${dataDir}/agent/etc/${distribution}-${name}agent-load-balancer.json`
  const text =
    (await orNothing(host.text(file('api-server-'), { limit: 65_536 }))) ??
    (await orNothing(host.text(file(''), { limit: 65_536 })))
  return parseServers(text ?? '')
}

/** The saved servers; entries that are no address are left out. Pure. */
export function parseServers(text: string): readonly string[] {
  try {
    const { ServerURL, ServerAddresses } = JSON.parse(text) ?? {}
    const all = [...(Array.isArray(ServerAddresses) ? ServerAddresses : []), String(ServerURL ?? '')]
    const addresses = all.map((it) =>
      String(it)
        .replace(/^https:\/\//, '')
        .replace(/\/$/, ''),
    )
    return [...new Set(addresses)].filter((it) => /^[\w.:[\]-]{3,100}$/.test(it)).slice(0, 9)
  } catch {
    return []
  }
}
