import type { Proof } from '../../agent/model/index.ts'

/** No agent of the cluster is Ready: what shuts them off from this server shuts off all. */
export const allAgents: Proof = (_, { evidence }) => evidence?.agents === 'none'

/** This server's firewall drops what other nodes send to its API. */
export const dropsTheApi: Proof = (cause, effect) =>
  allAgents(cause, effect) && /\bnodes-api\b/.test(`${cause.evidence?.blocked ?? ''}`)
