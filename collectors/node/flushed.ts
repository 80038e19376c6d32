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

const blockedBy = ({ evidence }: Parameters<Proof>[0]) => `${evidence?.blocked ?? ''}`

/** The firewall drops the overlay, by which pods of other nodes answer. */
export const ofOverlay: Proof = (cause) => /\boverlay\b/.test(blockedBy(cause))
/** It drops what pods send each other, by the overlay or where it is forwarded. */
export const ofPods: Proof = (cause) => /\b(?:overlay|pods-(?:in|out|local))\b/.test(blockedBy(cause))
/** It drops what pods of a server send to its API. */
export const ofPodsApi: Proof = (cause) => /\bpods-api\b/.test(blockedBy(cause))
/** It drops what this node itself sends to the API of a server. */
export const ofApi: Proof = (cause) => /\bapi-out\b/.test(blockedBy(cause))
/** It drops what other servers send to this one's etcd. */
export const ofEtcd: Proof = (cause) => /\betcd\b/.test(blockedBy(cause))
