import { placeOf } from '../node/identity.ts'
import { isOfUser } from '../node/pods.ts'

/**
 * What a process is to the node. Its name (15 bytes) is anybody's invention; whose it was and where it ran are the
 * kernel's words, without which a name raises no alarm.
 */
export type Rank = 'node' | 'database'

/** What the kernel's log says of whom it killed. */
export interface Killed {
  readonly comm: string
  readonly uid?: number
  /** The cgroup, if the log names it; by that, the pod. */
  readonly cgroup?: string
  readonly podUid?: string
}

/** Without these no pod runs. Inside a pod, or in hands of a user, the same names mean nothing. */
const node =
  /^(k3s(-server|-agent|-init)?|rke2(-server|-agent)?|kubelet|containerd(-shim.*)?|dockerd|cri-dockerd|kube-apiserver|kube-proxy|systemd(-.*)?|dbus-daemon|sshd)$/

/** Killed in the middle of a write, these have to recover before they serve again, and may fail to. */
const databases =
  /^(postgres|postmaster|mysqld|mariadbd|redis-server|valkey-server|keydb-server|dragonfly|mongod|etcd|kine|cockroach|clickhouse.*|influxd|couchdb|tikv-server|scylla|sqlservr|rethinkdb|arangod|nats-server|prometheus)$/

export function rankOf(it: Killed): Rank | undefined {
  if (databases.test(it.comm)) return it.podUid !== undefined || isOfService(it) ? 'database' : undefined
  return it.podUid === undefined && node.test(it.comm) && isOfNode(it) ? 'node' : undefined
}

/** Whether an account of a service ran it, and not a person: 1000 to 60000 are people (login.defs(5)). */
const isOfService = ({ uid, cgroup = '' }: Killed) =>
  uid !== undefined && !(uid >= 1000 && uid <= 60_000) && !isOfUser(cgroup)

/**
 * Whether root ran it in a place that only root puts processes into; of D-Bus and systemd's services, which give
 * themselves other accounts, each where systemd runs it. Where the line does not say both, as of kernels before 5.0, nobody.
 */
function isOfNode({ comm, uid, cgroup }: Killed): boolean {
  const place = uid === undefined || cgroup === undefined ? undefined : placeOf(`0::${cgroup}`)
  if (!place) return false
  if (uid === 0) return true
  const { unit = '' } = place
  return comm === 'dbus-daemon' ? unit === 'dbus' : /^systemd-./.test(comm) && unit.startsWith(comm)
}
