import { causes, type Proof, whileOpen } from '../../agent/model/index.ts'

const tableOf = ({ evidence }: Parameters<Proof>[0]) => `${evidence?.table ?? ''}`

/** A flush took the rules of nat, which lead to services. */
export const ofNat: Proof = (cause) => /\bnat\b/.test(tableOf(cause))

/** A flush took the rules of filter; the policy of a chain stays. */
const ofFilter: Proof = (cause) => /\bfilter\b/.test(tableOf(cause))

/**
 * What makes a lockout one of everything that comes in, loopback and answers included: the rules went and the policy stayed.
 * Where only the rule for SSH is missing, nothing else is shut out.
 */
export const flushedFilter = causes({ code: 'firewall.flushed', takes: whileOpen, proof: ofFilter })

/** ufw shuts out the overlay, by which pods of other nodes answer. */
export const ofOverlay: Proof = ({ evidence }) => /\boverlay\b/.test(`${evidence?.blocked ?? ''}`)
