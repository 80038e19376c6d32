import type { Proof, Proven } from '../../agent/model/index.ts'

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

export const saysNetwork = says(...network)
export const saysCertificates = says(...certificates)
/** The API refuses it, or is not reached: by the port of its service or its own, where the log names one. */
export const saysApi: Proof = (cause, effect) =>
  says('api-unauthorized')(cause, effect) ||
  (says('unreachable')(cause, effect) && /^(?:$|.*:(?:443|6443)$)/.test(`${effect.evidence?.address ?? ''}`))
export const saysFull = says(...full)

/** It ended as what is killed ends, or its log says that it was. */
export const endedByKill: Proof = (cause, effect) =>
  effect.evidence?.reason === 'OOMKilled' ||
  effect.evidence?.['last exit code'] === sigkill ||
  says(...killed)(cause, effect)
