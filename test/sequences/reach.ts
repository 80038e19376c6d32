import type { Pod } from './cast.ts'
import { codes, type Fact, type Node } from './node.ts'
import { from, type Origin, together } from './truth.ts'

/** What is wrong, as the cause of something else: its own code lies between the act and what follows. */
export function causeIn(node: Node, facts: readonly Fact[]): Origin | undefined {
  return together(
    facts.map((fact) => {
      const it = node.wrong.get(fact)
      return it && from(it, codes[fact])
    }),
  )
}

/**
 * With ufw's rules gone its policies stay: what comes in is dropped, answers and loopback included, and so is what is
 * forwarded until flannel's rules are back.
 */
const closed: readonly Fact[] = ['filter ufw']
const bridge: readonly Fact[] = ['bridge gone', 'bridge down', 'bridge address']
const away: readonly Fact[] = [
  'overlay gone',
  'overlay down',
  'route',
  'fdb',
  'overlay dropped',
  'peer silent',
]

/** Why the cluster's DNS does not answer a question from the node itself, which needs no forwarding. */
export function dnsFromNode(node: Node): Origin | undefined {
  const { dnsHere, peer } = node.traits
  return together([
    node.wrong.get('coredns'),
    causeIn(node, ['nat kube', ...closed, ...(dnsHere ? bridge : peer ? away : [])]),
    dnsHere && node.wrong.has('pods off') ? causeIn(node, ['pods off']) : undefined,
  ])
}

/**
 * Why a pod resolves no names. What goes to a service's address is routed by the node, also to a pod beside it, and needs
 * forwarding; to leave the cluster it would need flannel's rules too, but names of the cluster do not.
 */
export function dnsFromPod(node: Node, pod: Pod): Origin | undefined {
  const { dnsHere, peer } = node.traits
  return together([
    causeIn(node, ['coredns']),
    causeIn(node, [
      'nat kube',
      'forwarding',
      ...(node.traits.ufw ? (['filter flannel'] as const) : []),
      ...bridge,
      ...(pod.off ? (['pods off'] as const) : []),
    ]),
    // What comes by the overlay is encapsulated, and comes in first.
    dnsHere || !peer ? undefined : causeIn(node, [...away, ...closed]),
  ])
}

/** Why the API does not answer `/readyz` with 200 to this node's own certificate. */
export function apiWrong(node: Node): Origin | undefined {
  const { wrong } = node
  const hung = together([wrong.get('hung'), wrong.get('datastore')])
  return together([hung, causeIn(node, ['expired', 'disk full', ...closed])])
}

/** Why a pod that asks the API gets no answer. */
export function apiFromPod(node: Node, pod: Pod): Origin | undefined {
  const api = together([node.wrong.get('hung'), node.wrong.get('datastore')])
  const { k3s } = node
  return together([
    causeIn(node, [
      'nat kube',
      'ufw blocks',
      ...closed,
      ...bridge,
      ...(pod.off ? (['pods off'] as const) : []),
    ]),
    api && from(api, 'k3s.api-unhealthy'),
    k3s.running ? undefined : k3s.why && from(k3s.why, 'k3s.down'),
  ])
}
