import { type Host, HostError } from '../../../agent/model/index.ts'
import type { K3s } from '../../node/k3s.ts'
import { type Family, families } from '../cells.ts'
import type { Probe } from '../packet/match.ts'
import type { Network } from '../packet/networks.ts'

/** Connections to this node that k3s needs (k3s's documentation, "Inbound Rules for K3s Nodes"). */
export type Need = 'pods-api' | 'pods-kubelet' | 'nodes-api' | 'overlay'

export interface Needed {
  readonly need: Need
  readonly family: Family
  readonly probe: Probe
}

/** A connection that k3s needs and the firewall drops: its port and the rule or policy that drops it. */
export interface Blocked {
  readonly need: Need
  readonly port: number
  readonly by: string
  /** Absent for IPv4. */
  readonly family?: 'ipv6'
}

interface Facts {
  readonly pods: readonly Network[]
  readonly inside: readonly Network[]
  readonly netConf?: string | undefined
}

const kubelet = 10_250

/**
 * The ports that k3s needs on this node, in each family that pods have. On an agent, pods reach the API over the
 * overlay, not through INPUT. Nodes talk to the API by one family, IPv4 where there is any; flannel has an overlay for
 * each (`flannel.1`, `flannel-v6.1`), on the same port.
 */
export function needsOf(k3s: K3s, { pods, inside, netConf }: Facts): readonly Needed[] {
  const api = Number(k3s.flags['https-listen-port']?.at(-1) ?? 6443)
  const overlay = overlayPort(netConf)
  const server = k3s.role === 'server'
  const has = (family: Family) => pods.filter((it) => it.bits === (family === 'ipv4' ? 32 : 128))
  return families.flatMap((family): Needed[] => {
    const own = has(family)
    if (own.length === 0) return []
    const fromPods = { protocol: 'tcp', inside, pods: own } as const
    const fromNodes = { protocol: 'tcp', inside } as const
    const nodes = server && (family === 'ipv4' || has('ipv4').length === 0)
    return [
      ...(server ? [{ need: 'pods-api', family, probe: { ...fromPods, port: api } } as const] : []),
      { need: 'pods-kubelet', family, probe: { ...fromPods, port: kubelet } },
      ...(nodes ? [{ need: 'nodes-api', family, probe: { ...fromNodes, port: api } } as const] : []),
      ...(overlay
        ? [{ need: 'overlay', family, probe: { ...fromNodes, protocol: 'udp', port: overlay } } as const]
        : []),
    ]
  })
}

/**
 * flannel's VXLAN is on 8472/udp on Linux, its WireGuard on 51820 (flannel, Documentation/backends.md). Undefined for
 * other backends.
 */
export function overlayPort(netConf: string | undefined): number | undefined {
  // k3s's default, where the file could not be read.
  if (netConf === undefined) return 8472
  try {
    const { Backend: backend } = JSON.parse(netConf)
    const type = String(backend?.Type ?? '').toLowerCase()
    if (type === 'vxlan') return Number(backend.Port) || 8472
    if (type === 'wireguard') return Number(backend.ListenPort) || 51_820
  } catch {
    return undefined
  }
  return undefined
}

/** Whether only other nodes need this connection. */
export const forNodes = (need: Need) => need === 'overlay' || need === 'nodes-api'

/**
 * An agent always has another node, its server; a server has one if the overlay leads to any. Throws a HostError where
 * the routes cannot be read.
 */
export async function hasPeers(host: Host, k3s: K3s): Promise<boolean> {
  if (k3s.role === 'agent') return true
  const { stdout, exit } = await host.run(routes)
  const doing = `running \`${routes.join(' ')}\``
  if (exit !== 0) throw new HostError('failed', `${doing}: exit code ${exit}`)
  let printed: unknown
  try {
    printed = JSON.parse(stdout)
  } catch {
    printed = undefined
  }
  if (!Array.isArray(printed)) throw new HostError('failed', `${doing}: it did not print a list as JSON`)
  return printed.some((it) => /^flannel/.test(String(it?.dev)) && it?.gateway !== undefined)
}

const routes = ['ip', '-j', '-d', 'route', 'show']
