import type { Proof } from '../../agent/model/index.ts'

/**
 * The cluster's DNS gave no sign of life. A refusal comes from kube-proxy's rules for a service without endpoints, or
 * from a host where nothing listens, and SERVFAIL from the server itself: no link or rule on the way there is at fault.
 */
export const noAnswer: Proof = (_, { evidence }) =>
  /^(?:timeout|unreachable)$/.test(`${evidence?.answer ?? ''}`)

/** Only large packets are lost: what is wrong with sizes, or with nothing else. */
export const onlyLarge: Proof = (_, { evidence }) => `${evidence?.silent ?? ''}` === 'large'

/** Two proofs of one edge. */
export const both =
  (one: Proof | undefined, other: Proof): Proof =>
  (cause, effect) =>
    (one?.(cause, effect) ?? true) && other(cause, effect)
