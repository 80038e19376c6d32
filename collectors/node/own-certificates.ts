import type { Proof } from '../../agent/model/index.ts'

/**
 * The certificates are those of k3s itself, one finding for the node ("k3s server"), and not a file, a kubeconfig or an
 * address, on which nothing of the cluster relies.
 */
export const ofNode: Proof = ({ subject }) => /^(k3s|rke2) (server|agent)$/.test(subject)
