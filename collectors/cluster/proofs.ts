import type { Proof } from '../../agent/model/index.ts'
import { ofNodesApi } from '../node/flushed.ts'

/** No agent of the cluster is Ready: what shuts them off from this server shuts off all. */
export const allAgents: Proof = (_, { evidence }) => evidence?.agents === 'none'

/** This server's firewall drops what all other nodes send to its API. */
export const dropsTheApi: Proof = (cause, effect) => allAgents(cause, effect) && ofNodesApi(cause, effect)
