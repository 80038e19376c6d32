import type { Proof } from '../../agent/model/index.ts'
import { ofApi, ofEtcd } from '../node/flushed.ts'
import type { Reason } from './node-reason.ts'

/** What both say; a proof that is not asked for is given. */
export const both =
  (one: Proof | undefined, other: Proof): Proof =>
  (cause, effect) =>
    (one?.(cause, effect) ?? true) && other(cause, effect)

/** The disk is not only filling: k3s's kubelet evicts pods from there on, and little is left to write on. */
export const isFull: Proof = ({ severity }) => severity === 'critical'

/** The kernel killed k3s itself, or what keeps its containers. */
export const ofK3s: Proof = ({ evidence, pod }) =>
  pod === undefined && /^(k3s|rke2|containerd|kubelet)/.test(`${evidence?.process ?? ''}`)

/**
 * The kernel's kill of k3s's own process is signal 9 to systemd; of a process that it started k3s says that it exited,
 * and ends itself. What ended in another way was not killed, whatever was killed beside it.
 */
export const diedOfKill: Proof = (cause, effect) => {
  const process = /^(k3s|rke2|containerd|kubelet)/.exec(`${cause.evidence?.process ?? ''}`)?.[1]
  if (process === undefined || !ofK3s(cause, effect)) return false
  const { signal, result, reason } = effect.evidence ?? {}
  if (process === 'k3s' || process === 'rke2') return signal === 9 || result === 'oom-kill'
  return `${reason ?? ''}`.includes(process)
}

/** 401: the API is there, and refuses who asks (RFC 9110, 15.5.2). */
export const saysUnauthorized: Proof = (_, { evidence }) => evidence?.status === 401

/** etcd's way to the others is closed, without which the API is not ready; or the way to a server, and none answered. */
export const shutOff: Proof = (cause, effect) =>
  ofEtcd(cause, effect) || (ofApi(cause, effect) && typeof effect.evidence?.status !== 'number')

/** What k3s said last before it ended: `evidence.reason` of `k3s.crashed`. */
const ended =
  (by: RegExp): Proof =>
  (_, { evidence }) =>
    by.test(`${evidence?.reason ?? ''}`)

/** flannel 0.28.4 panics when its link vanishes: an index out of range in vxlan_network.go:217. */
export const panickedAtLink = ended(/vxlan|flannel/i)
const saysSpace = ended(/no space left|disk is full/i)
export const endedForSpace = both(isFull, saysSpace)
export const endedForCertificates = ended(/x509|certificate/i)

/** It is known how it crashed, and so whether a disk or a certificate made it: what does not show there did not. */
export const howItEnded: Proof = ({ evidence = {} }) =>
  evidence.exit !== undefined || evidence.signal !== undefined || evidence.reason !== undefined

/** systemd has it failed, or about to be started again: it ended by itself. */
export const hasFailed: Proof = (_, { evidence }) =>
  evidence?.state === 'failed' || evidence?.state === 'activating'
export const failedOnFull = both(isFull, hasFailed)

/** Of the kubelet, and not of kube-proxy, which the same rule is about. */
export const ofKubelet: Proof = ({ subject }) => subject === 'kubelet'

/** What the cluster says of this node, `evidence.reason` of `k3s.node-not-ready`, is one of these. */
export const reasonIs =
  (...reasons: readonly Reason[]): Proof =>
  (_, { evidence }) =>
    reasons.some((it) => it === evidence?.reason)
