import type { Proof, Proven } from '../../agent/model/index.ts'
import { ofPods, ofPodsApi } from '../node/flushed.ts'

/** The patterns of its log (patterns/) by which a container says what stopped it. */
const network = ['dns', 'unreachable', 'unknown-host']
const certificates = ['x509', 'x509-authority', 'api-unauthorized']
const full = ['disk-full', 'postgres-disk-full', 'etcd-space', 'containerd-storage']
/** What a program that was killed says when it starts again. */
const killed = [
  'postgres-wal',
  'postgres-panic',
  'postgres-killed',
  'postgres-startup',
  'mysql-corrupt',
  'redis-persistence',
  'etcd-corrupt',
  'out-of-memory',
]

/** 128 + SIGKILL: how the kernel's and the kubelet's kills end a process. */
const sigkill = 137

/** The names of the patterns that the container's log fits, of a crash loop or of the line itself. */
const saidBy = ({ evidence = {} }: Proven): readonly string[] =>
  [evidence['log says'], evidence.pattern, evidence.says].flatMap((it) =>
    typeof it === 'string' ? it.split(/[ ,]+/) : [],
  )

const says =
  (...names: readonly string[]): Proof =>
  (_, effect) =>
    saidBy(effect).some((it) => names.includes(it))

/** An address was not reached: the API's, by the port of its service or its own, or another; any where none is named. */
function isUnreached(effect: Proven, api: boolean): boolean {
  const address = `${effect.evidence?.address ?? ''}`
  return saidBy(effect).includes('unreachable') && (address === '' || /:(?:443|6443)$/.test(address) === api)
}

export const saysNetwork = says(...network)
export const saysNames = says('dns', 'unknown-host')
/** Names, or an address that is not the API's: what lies beyond this node. */
export const saysBeyond: Proof = (cause, effect) => saysNames(cause, effect) || isUnreached(effect, false)
export const saysCertificates = says(...certificates)
/** The API answers the node, if only to refuse it (401, 500): then it can be reached. */
const answers = ({ code, evidence }: Proven) =>
  code === 'k3s.api-unhealthy' && typeof evidence?.status === 'number'

/** The API refuses it, or is not reached: by the port of its service or its own, where the log names one. */
export const saysApi: Proof = (cause, effect) =>
  says('api-unauthorized')(cause, effect) || (!answers(cause) && isUnreached(effect, true))
export const saysFull = says(...full)

export const saysKilled = says(...killed)
/** It ended for want of memory, or its log says that it was killed. */
export const endedForMemory: Proof = (cause, effect) =>
  effect.evidence?.reason === 'OOMKilled' || saysKilled(cause, effect)
/** The same, or by a signal that also a failed probe ends with: only of a container that was killed. */
export const endedByKill: Proof = (cause, effect) =>
  effect.evidence?.['last exit code'] === sigkill || endedForMemory(cause, effect)

/** The firewall shuts pods out of the node, so of its API; between pods, as to the DNS, nothing comes in. */
export const shutOut: Proof = (cause, effect) => ofPodsApi(cause, effect) && isUnreached(effect, true)
/** It may shut out the overlay too, by which pods of other nodes answer, or not forward between pods. */
export const shutOverlay: Proof = (cause, effect) => ofPods(cause, effect) && saysBeyond(cause, effect)

/** A flush of nat takes services away. */
export const cutOff: Proof = (cause, effect) =>
  saysNetwork(cause, effect) && /\bnat\b/.test(`${cause.evidence?.table ?? ''}`)

/** Where the policy of FORWARD drops what a flush of filter no longer accepts: flannel accepts it again within a minute. */
export const notForwarded: Proof = (cause, effect) =>
  saysNetwork(cause, effect) && cause.evidence?.forward === 'DROP'
