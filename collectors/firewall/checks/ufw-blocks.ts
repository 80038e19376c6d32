import type { Observation } from '../../../agent/model/index.ts'
import type { Family } from '../cells.ts'
import { ufwActs } from '../rule-set.ts'
import type { Code } from '../rules.ts'
import type { FirewallSample } from '../sample.ts'
import { ruleInBackticks } from '../text.ts'
import type { Blocked, Need } from './needs.ts'

const words: Readonly<Record<Need, (port: number) => string>> = {
  'pods-api': (port) => `pods to the API (${port}/tcp)`,
  'pods-kubelet': (port) => `pods to the kubelet (${port}/tcp: metrics, kubectl top)`,
  'nodes-api': (port) => `other nodes to the API (${port}/tcp)`,
  overlay: (port) => `other nodes to this node's pods (${port}/udp)`,
}

const familyOf = ({ family }: Blocked): Family => family ?? 'ipv4'
const named = ({ need, port, family }: Blocked) => `${words[need](port)}${family ? ' over IPv6' : ''}`

/**
 * Judged only while packets still pass ufw's chains: after a flush it is not ufw that blocks, and changing its settings
 * would not help.
 */
export function ufwBlocks(sample: FirewallSample): Observation<Code>[] {
  const { ufw, k3s, sets, networks } = sample
  const blocked = (sample.blocked ?? []).filter((it) => ufwActs(sets, familyOf(it)))
  const [first] = blocked
  if (!first || !k3s?.running || ufw?.enabled === false) return []
  const ofPods = new Set(blocked.filter((it) => it.need.startsWith('pods-')).map(familyOf))
  const allow = (what: string, ranges: readonly string[] = []) =>
    ranges
      .filter((it) => ofPods.has(it.includes(':') ? 'ipv6' : 'ipv4'))
      .map((it) => `Allow ${what}, effective at once: \`ufw allow from ${it}\``)
  const has = (need: Need) => blocked.find((it) => it.need === need)
  const overlay = has('overlay')
  const api = has('nodes-api')
  const fromPods = has('pods-api') ?? has('pods-kubelet')
  const critical = has('pods-api') ?? overlay ?? api
  const impact = [
    ...(has('pods-api')
      ? ['Pods cannot reach the API: cluster DNS, ingress and operators fail one after another.']
      : []),
    ...(overlay
      ? ['Pods here and on other nodes cannot reach each other, while every node shows Ready.']
      : []),
    ...(api ? ['Agents lose the server.'] : []),
    ...(critical ? [] : ['Pods cannot reach the kubelet: metrics-server and kubectl top get no data.']),
  ]
  return [
    {
      code: 'firewall.ufw-blocks-k3s',
      subject: 'ufw',
      severity: critical ? 'critical' : 'warning',
      text: `ufw drops what k3s needs: ${blocked.map(named).join('; ')} (${ruleInBackticks(first.by, 100)}).`,
      impact: impact.join(' '),
      fix: [
        ...(fromPods ? [...allow('pods', networks?.pods), ...allow('services', networks?.services)] : []),
        ...(overlay
          ? [
              `Allow the overlay from each other node (NODE is its address): \`ufw allow from NODE to any port ${overlay.port} proto udp\``,
            ]
          : []),
        ...(api
          ? [
              `Allow the API from each other node (NODE is its address): \`ufw allow from NODE to any port ${api.port} proto tcp\``,
            ]
          : []),
        'Or turn ufw off, as the k3s documentation recommends: `ufw disable`',
      ],
      evidence: {
        family: [...new Set(blocked.map(familyOf))].join(', '),
        table: 'filter',
        port: [...new Set(blocked.map((it) => it.port))].join(', '),
        blocked: blocked.map((it) => `${it.need} ${it.port}${it.family ? ` ${it.family}` : ''}`).join(', '),
      },
    },
  ]
}
