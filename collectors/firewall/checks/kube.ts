import { minute } from '../../../agent/text/times.ts'
import type { K3s } from '../../node/k3s.ts'
import type { Family } from '../cells.ts'
import type { RuleSet } from '../rule-set.ts'

/**
 * The rules and chains in the nat table on which services depend: the chains must be reachable, and hold rules.
 * kube-proxy always writes these, even without any service (kubernetes pkg/proxy/iptables/proxier.go).
 */
export const kubeParts = [
  'PREROUTING to KUBE-SERVICES',
  'OUTPUT to KUBE-SERVICES',
  'POSTROUTING to KUBE-POSTROUTING',
  'KUBE-SERVICES',
  'KUBE-POSTROUTING',
] as const

const parts = new Set<string>(kubeParts)

/** Which of these parts a chain or a rule of the nat table is, if any; `rule` counts only in a built-in chain. */
export function kubePart(chain: string, rule: string): string | undefined {
  if (parts.has(chain)) return chain
  const target = rule && / -j (KUBE-SERVICES|KUBE-POSTROUTING)$/.exec(rule)?.[1]
  const part = target && `${chain} to ${target}`
  return part && parts.has(part) ? part : undefined
}

/** What k3s on this node should have put into the firewall. */
export interface Expected {
  readonly unit: string
  readonly running?: { readonly pid: number; readonly since: number }
  /** The families in which kube-proxy writes iptables rules; empty where it is switched off or uses another mode. */
  readonly proxies: readonly Family[]
  /** k3s was told to use the iptables it brings along. */
  readonly bundled?: true
}

/** k3s's documentation: cluster-cidr and service-cidr, "server" flags. */
export const defaultPods = '10.42.0.0/16'
export const defaultServices = '10.43.0.0/16'

/** Whether a switch among k3s's flags is on. */
export const isOn = (values: readonly string[] | undefined) =>
  values !== undefined && values.at(-1) !== 'false'
const lists = (values: readonly string[] | undefined) =>
  (values ?? []).flatMap((it) => it.split(',')).map((it) => it.trim())

export function expected(k3s: K3s, podNetworks: readonly string[]): Expected {
  const { flags } = k3s
  const mode = [...(flags['kube-proxy-arg'] ?? [])].join(' ').match(/\bproxy-mode=(\w+)/)?.[1]
  const off = isOn(flags['disable-kube-proxy']) || isOn(flags['disable-agent'])
  const families: Family[] = []
  if (!off && (mode === undefined || mode === 'iptables')) {
    if (podNetworks.some((it) => !it.includes(':'))) families.push('ipv4')
    if (podNetworks.some((it) => it.includes(':'))) families.push('ipv6')
  }
  return {
    unit: k3s.unit,
    ...(k3s.running && { running: k3s.running }),
    proxies: families,
    ...(isOn(flags['prefer-bundled-bin']) && { bundled: true as const }),
  }
}

/**
 * Networks of pods and of services: from k3s's flags (an agent has none), from flannel's `subnet.env` on this node,
 * else k3s's defaults.
 */
export function clusterNetworks(k3s: K3s, subnetEnv: string | undefined) {
  const noted = [...(subnetEnv ?? '').matchAll(/^FLANNEL_(?:IPV6_)?NETWORK=(\S+)$/gm)].map(
    ([, it = '']) => it,
  )
  const told = lists(k3s.flags['cluster-cidr'])
  const pods = [...new Set([...told, ...noted])].slice(0, 8)
  const services = lists(k3s.flags['service-cidr']).slice(0, 8)
  return {
    pods: pods.length > 0 ? pods : [defaultPods],
    services: services.length > 0 ? services : [defaultServices],
  }
}

/** How long k3s takes from its start to kube-proxy's first rules, ms. */
export const settling = 3 * minute

/** k3s runs and has had the time to write its rules. */
export const settled = (k3s: Expected | undefined, now: number) =>
  k3s?.running !== undefined && now - k3s.running.since >= settling

/** The parts that the more complete backend lacks: spread over both backends they do not count as there. */
export function missingParts(sets: readonly RuleSet[], family: Family): readonly string[] {
  const there = sets.filter((it) => it.family === family).map((it) => it.kube)
  const best = there.reduce<readonly string[]>((most, it) => (it.length > most.length ? it : most), [])
  return kubeParts.filter((it) => !best.includes(it))
}
