import { placeOf } from '../node/identity.ts'
import { isOfUser } from '../node/pods.ts'

/**
 * The importance of a process to the node. A process chooses its own name (15 bytes); its uid and cgroup come from the
 * kernel. A name without these raises no alarm.
 */
export type Rank = 'node' | 'database'

/** What the kernel's log says about a killed process. */
export interface Killed {
  readonly comm: string
  readonly uid?: number
  /** Its cgroup, if the log names it; below, the pod in that cgroup. */
  readonly cgroup?: string
  readonly podUid?: string
}

/** Programs without which no pod runs. In a pod or run by a user, the same names mean nothing. */
const node =
  /^(k3s(-server|-agent|-init)?|rke2(-server|-agent)?|kubelet|containerd(-shim.*)?|dockerd|cri-dockerd|kube-apiserver|kube-proxy|systemd(-.*)?|dbus-daemon|sshd)$/

/** Databases: killed in the middle of a write, they must recover before they serve again, and that may fail. */
const databases =
  /^(postgres|postmaster|mysqld|mariadbd|redis-server|valkey-server|keydb-server|dragonfly|mongod|etcd|kine|cockroach|clickhouse.*|influxd|couchdb|tikv-server|scylla|sqlservr|rethinkdb|arangod|nats-server|prometheus)$/

export function rankOf(it: Killed): Rank | undefined {
  if (databases.test(it.comm)) return it.podUid !== undefined || isOfService(it) ? 'database' : undefined
  return it.podUid === undefined && node.test(it.comm) && isOfNode(it) ? 'node' : undefined
}

/** Whether it ran as the account of a service, and not of a person: uids 1000 to 60000 are people (login.defs(5)). */
const isOfService = ({ uid, cgroup = '' }: Killed) =>
  uid !== undefined && !(uid >= 1000 && uid <= 60_000) && !isOfUser(cgroup)

/**
 * Whether root ran it in a cgroup into which only root puts processes. D-Bus and systemd's services run under accounts
 * of their own, and count in the unit in which systemd runs them. False if the line lacks uid or cgroup, as in kernels
 * before 5.0.
 */
function isOfNode({ comm, uid, cgroup }: Killed): boolean {
  const place = uid === undefined || cgroup === undefined ? undefined : placeOf(`0::${cgroup}`)
  if (!place) return false
  if (uid === 0) return true
  const { unit = '' } = place
  return comm === 'dbus-daemon' ? unit === 'dbus' : /^systemd-./.test(comm) && unit.startsWith(comm)
}
