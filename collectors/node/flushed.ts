import { causes, type Proof, whileOpen } from '../../agent/model/index.ts'

const tableOf = ({ evidence }: Parameters<Proof>[0]) => `${evidence?.table ?? ''}`

/** A flush took the rules of nat, which lead to services. */
export const ofNat: Proof = (cause) => /\bnat\b/.test(tableOf(cause))

/** A flush took the rules of filter; the policy of a chain stays. */
export const ofFilter: Proof = (cause) => /\bfilter\b/.test(tableOf(cause))

/**
 * What makes a lockout one of everything that comes in, loopback and answers included: the rules went and the policy stayed.
 * Where only the rule for SSH is missing, nothing else is shut out.
 */
export const flushedFilter = causes({ code: 'firewall.flushed', takes: whileOpen, proof: ofFilter })

/** A connection that the firewall drops, as `blocked` of the evidence of `firewall.blocks-k3s` has it. */
interface Dropped {
  readonly need: string
  readonly port: string
  readonly family: 'ipv4' | 'ipv6'
  /** The nodes that it concerns; empty where it concerns all others. */
  readonly nodes: readonly string[]
}

/** `overlay 8472 ipv6 (2001:db8::2 2001:db8::3), etcd 2380`. Pure and total. */
const droppedBy = ({ evidence }: Parameters<Proof>[0]): readonly Dropped[] =>
  `${evidence?.blocked ?? ''}`.split(', ').flatMap((it): Dropped[] => {
    const [, need, port, six, nodes] = /^([a-z-]{1,20}) (\d{1,5})( ipv6)?(?: \(([^)]*)\))?$/.exec(it) ?? []
    if (need === undefined || port === undefined) return []
    return [{ need, port, family: six ? 'ipv6' : 'ipv4', nodes: nodes?.split(' ') ?? [] }]
  })

const familyOf = (address: unknown) => (`${address ?? ''}`.includes(':') ? 'ipv6' : 'ipv4')
const isOverlay = ({ need }: Dropped) => need === 'overlay' || need === 'overlay-out'

/** The firewall drops the overlay to and from the node that is silent over it, in the family of that overlay. */
export const ofOverlayTo: Proof = (cause, { evidence = {} }) =>
  droppedBy(cause).some(
    (it) =>
      isOverlay(it) &&
      it.family === familyOf(evidence.via) &&
      (it.nodes.length === 0 || it.nodes.includes(`${evidence.node ?? ''}`)),
  )
/** It drops the overlay of all other nodes, by which their pods answer, in the family in which this server was asked. */
export const ofOverlay: Proof = (cause, { evidence = {} }) =>
  droppedBy(cause).some(
    (it) => isOverlay(it) && it.nodes.length === 0 && it.family === familyOf(evidence.server),
  )
/** It drops that of some nodes alone. */
export const ofSomeOverlay: Proof = (cause, effect) =>
  !ofOverlay(cause, effect) &&
  droppedBy(cause).some((it) => isOverlay(it) && it.family === familyOf(effect.evidence?.server))
/** It drops what pods send each other, by the overlay or where it is forwarded. */
export const ofPods: Proof = (cause) => droppedBy(cause).some((it) => isOverlay(it) || isForwarded(it))
const isForwarded = ({ need }: Dropped) => /^pods-(?:in|out|local)$/.test(need)
/** It drops what pods of a server send to its API. */
export const ofPodsApi: Proof = (cause) => droppedBy(cause).some(({ need }) => need === 'pods-api')
/** It drops what this node itself sends to the API of each server. */
export const ofApi: Proof = (cause) => droppedBy(cause).some(({ need }) => need === 'api-out')
/** It drops what all other nodes send to the API of this server. */
export const ofNodesApi: Proof = (cause) =>
  droppedBy(cause).some(({ need, nodes }) => need === 'nodes-api' && nodes.length === 0)
/** It drops what the other servers' etcd sends to this one's: of all of them, or a majority may be left. */
export const ofEtcd: Proof = (cause) =>
  droppedBy(cause).some(({ need, port, nodes }) => need === 'etcd' && port === '2380' && nodes.length === 0)
