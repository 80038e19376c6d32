import type { Observation } from '../../../agent/model/index.ts'
import { list } from '../../../agent/text/lists.ts'
import type { Family } from '../cells.ts'
import type { Code } from '../rules.ts'
import type { FirewallSample } from '../sample.ts'
import { ruleInBackticks } from '../text.ts'
import type { Blocked } from './blocked.ts'
import { stepsFor } from './blocks-steps.ts'
import { settled } from './kube.ts'
import { isBetweenPods, type Need } from './needs.ts'
import { type Writer, writerOf, writers } from './writers.ts'

const words: Readonly<Record<Need, (port: string) => string>> = {
  'pods-api': (port) => `pods to the API (${port})`,
  'pods-kubelet': (port) => `pods to the kubelet (${port}: metrics, kubectl top)`,
  'nodes-api': (port) => `other nodes to the API (${port})`,
  'nodes-kubelet': (port) => `servers to the kubelet (${port}: metrics, kubectl top)`,
  etcd: (port) => `other servers to etcd (${port})`,
  overlay: (port) => `other nodes to this node's pods (${port})`,
  'overlay-out': (port) => `this node to other nodes' pods (${port})`,
  'api-out': (port) => `this node to the API (${port})`,
  'pods-in': (port) => `pods of other nodes to pods here (DNS, ${port})`,
  'pods-out': (port) => `pods here to pods of other nodes (DNS, ${port})`,
  'pods-local': (port) => `pods here to each other (DNS, ${port})`,
}

const impacts: readonly (readonly [needs: readonly Need[], impact: string])[] = [
  [['pods-api'], 'Pods cannot reach the API: cluster DNS, ingress and operators fail one after another.'],
  [
    ['overlay', 'overlay-out', 'pods-in', 'pods-out'],
    'Pods here and on other nodes cannot reach each other, while every node shows Ready.',
  ],
  [['pods-local'], 'Pods of this node cannot reach each other.'],
  [['nodes-api'], 'Agents lose the server.'],
  [['api-out'], 'This node loses the server and becomes NotReady.'],
  [['etcd'], 'etcd loses this member; without a majority the API is down.'],
]
const onlyMetrics = 'The kubelet cannot be reached: metrics-server and kubectl top get no data.'

const portOf = ({ port, udp }: Blocked) => `${port}/${udp ? 'udp' : 'tcp'}`

/** What is blocked by one rule or policy, each connection once: of pods both protocols together. */
function dies(blocked: readonly Blocked[]): string {
  const named = Map.groupBy(blocked, ({ need, family }) => `${need} ${family ?? ''}`)
  return [...named.values()]
    .map((same) => {
      const [first] = same as [Blocked, ...Blocked[]]
      const ports = [...new Set(same.map(portOf))].join(' and ')
      const some = first.some && first.peers ? `, from or to ${first.peers.slice(0, 3).join(', ')}` : ''
      return `${words[first.need](ports)}${some}${first.family ? ' over IPv6' : ''}`
    })
    .join('; ')
}

/** One finding for all that is blocked, whoever wrote the rules: each rule with what dies of it. */
export function blocks(sample: FirewallSample, now: number): Observation<Code>[] {
  const { k3s, blocked = [] } = sample
  if (!k3s || blocked.length === 0) return []
  const groups = [...Map.groupBy(blocked, (it) => it.by).values()]
  const by = writers.filter((writer) => blocked.some((it) => writerOf(it, sample) === writer))
  const said = impacts.filter(([needs]) => blocked.some((it) => needs.includes(it.need)))
  const family = (it: Blocked): Family => it.family ?? 'ipv4'
  // flannel and kube-router accept what pods send: their rules may still be to come. Without k3s nothing is needed, but
  // what is dropped now will be when it is back.
  const starting = !k3s.running || (blocked.every((it) => isBetweenPods(it.need)) && !settled(k3s, now))
  return [
    {
      code: 'firewall.blocks-k3s',
      subject: 'k3s',
      severity: said.length > 0 ? 'critical' : 'warning',
      ...(starting && { starting: true as const }),
      text: `${subjectOf(by)} what k3s needs: ${groups
        .map((same) => `${dies(same)} (${ruleInBackticks(same[0]?.by ?? '', 100)})`)
        .join('; ')}.`,
      impact: said.length > 0 ? said.map(([, impact]) => impact).join(' ') : onlyMetrics,
      fix: stepsFor(sample, blocked),
      evidence: {
        family: [...new Set(blocked.map(family))].join(', '),
        table: [...new Set(blocked.map((it) => it.table ?? 'filter'))].join(', '),
        port: [...new Set(blocked.map((it) => it.port))].join(', '),
        blocked: [...new Set(blocked.map(shown))].join(', '),
        by: by.join(', '),
      },
    },
  ]
}

/** Nodes that are named in the evidence. */
const mostShown = 16

/** `overlay 8472 ipv6 (2001:db8::2)`, with the nodes where it does not concern all of them: for proofs of causes. */
function shown({ need, port, family, some, peers = [] }: Blocked): string {
  const more = peers.length > mostShown ? ' …' : ''
  const nodes = some ? ` (${peers.slice(0, mostShown).join(' ')}${more})` : ''
  return `${need} ${port}${family ? ` ${family}` : ''}${nodes}`
}

const names: Readonly<Partial<Record<Writer, string>>> = {
  ufw: 'ufw',
  firewalld: 'firewalld',
  docker: 'Docker',
  fail2ban: 'fail2ban',
}

/** "ufw and firewalld drop", "The firewall drops". */
function subjectOf(by: readonly Writer[]): string {
  const known = by.map((it) => names[it])
  if (known.some((it) => it === undefined)) return 'The firewall drops'
  return `${list(known as readonly string[])} ${known.length === 1 ? 'drops' : 'drop'}`
}
