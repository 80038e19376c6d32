import type { Host, Observation } from '../../../agent/model/index.ts'
import { orNothing } from '../../node/ask.ts'
import type { K3s } from '../../node/k3s.ts'
import type { Probe } from '../packet/match.ts'
import type { Network } from '../packet/networks.ts'
import type { Code } from '../rules.ts'
import { type Family, type FirewallSample, families, ufwActs } from '../sample.ts'

/** What k3s needs let in (k3s's documentation, "Inbound Rules for K3s Nodes"). */
export type Need = 'pods-api' | 'pods-kubelet' | 'nodes-api' | 'overlay'

export interface Needed {
  readonly need: Need
  readonly family: Family
  readonly probe: Probe
}

/** What is dropped that k3s needs, with the port and what drops it. */
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
 * The ports in question on this node, in each family that pods have. On an agent, pods reach the API over the
 * overlay, not through INPUT. Nodes talk to the API by one family, IPv4 where there is any; flannel has an overlay
 * for each (`flannel.1`, `flannel-v6.1`), on the same port.
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

/** flannel's VXLAN is on 8472/udp on Linux, its WireGuard on 51820 (flannel, Documentation/backends.md). */
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

/** An agent has at least its server beside it; a server has others where the overlay leads to some. */
export async function hasPeers(host: Host, k3s: K3s): Promise<boolean> {
  if (k3s.role === 'agent') return true
  const ran = await orNothing(host.run(['ip', '-j', '-d', 'route', 'show']))
  try {
    const routes: unknown = JSON.parse(ran?.stdout ?? '[]')
    return (
      Array.isArray(routes) &&
      routes.some((it) => /^flannel/.test(String(it?.dev)) && it?.gateway !== undefined)
    )
  } catch {
    return false
  }
}

const words: Readonly<Record<Need, (port: number) => string>> = {
  'pods-api': (port) => `pods to the API (${port}/tcp)`,
  'pods-kubelet': (port) => `pods to the kubelet (${port}/tcp: metrics, \`kubectl top\`)`,
  'nodes-api': (port) => `other nodes to the API (${port}/tcp)`,
  overlay: (port) => `other nodes to this node's pods (${port}/udp)`,
}

const familyOf = ({ family }: Blocked): Family => family ?? 'ipv4'
const named = ({ need, port, family }: Blocked) => `${words[need](port)}${family ? ' over IPv6' : ''}`

/** Only where packets still come by ufw's chains: after a flush it is not ufw that stands in the way, and its settings would not help. */
export function ufwBlocks(sample: FirewallSample): Observation<Code>[] {
  const { ufw, k3s, sets, networks } = sample
  const blocked = (sample.blocked ?? []).filter((it) => ufwActs(sets, familyOf(it)))
  const [first] = blocked
  if (!first || !k3s?.running || ufw?.enabled === false) return []
  const ofPods = new Set(blocked.filter((it) => it.need.startsWith('pods-')).map(familyOf))
  const clusters = [...(networks?.pods ?? []), ...(networks?.services ?? [])].filter((it) =>
    ofPods.has(it.includes(':') ? 'ipv6' : 'ipv4'),
  )
  const has = (need: Need) => blocked.find((it) => it.need === need)
  const overlay = has('overlay')
  const api = has('nodes-api')
  const fromPods = has('pods-api') ?? has('pods-kubelet')
  const critical = has('pods-api') ?? overlay ?? api
  const so = [
    ...(has('pods-api')
      ? ['Pods cannot reach the API: cluster DNS, ingress and operators fail one after the other.']
      : []),
    ...(overlay
      ? ['Pods here and on other nodes do not reach each other, while every node shows Ready.']
      : []),
    ...(api ? ['Agents lose the server.'] : []),
  ]
  return [
    {
      code: 'firewall.ufw-blocks-k3s',
      subject: 'ufw',
      severity: critical ? 'critical' : 'warning',
      text: `ufw is on and shuts out what k3s needs: ${blocked.map(named).join('; ')} (${first.by.startsWith('-A') ? `\`${first.by.replaceAll('`', "'").slice(0, 100)}\`` : first.by}).`,
      ...(so.length > 0 && { so: so.join(' ') }),
      next: [
        ...(fromPods
          ? [`Let pods and services in: ${clusters.map((it) => `\`ufw allow from ${it}\``).join(', ')}`]
          : []),
        ...(overlay || api
          ? [
              `Let the other nodes in, one by one and nobody else (VXLAN asks for no password), with the address of each: ${[
                ...(overlay ? [`\`ufw allow from NODE to any port ${overlay.port} proto udp\``] : []),
                ...(api ? [`\`ufw allow from NODE to any port ${api.port} proto tcp\``] : []),
              ].join(', ')}`,
            ]
          : []),
        'It works at once; nothing has to be restarted. k3s itself recommends `ufw disable`',
      ],
      evidence: {
        blocked: blocked.map((it) => `${it.need} ${it.port}${it.family ? ` ${it.family}` : ''}`).join(', '),
      },
    },
  ]
}
