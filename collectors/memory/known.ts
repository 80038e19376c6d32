/**
 * What a process is to the node, by the name the kernel knows it by (15 bytes). A name proves nothing, as
 * any process may call itself so; it only raises the alarm.
 */
export type Rank = 'node' | 'database'

/** Without these no pod runs. Inside a pod the same names mean nothing. */
const node =
  /^(k3s(-server|-agent|-init)?|rke2(-server|-agent)?|kubelet|containerd(-shim.*)?|dockerd|cri-dockerd|kube-apiserver|kube-proxy|systemd(-.*)?|dbus-daemon|sshd)$/

/** Killed in the middle of a write, these have to recover before they serve again, and may fail to. */
const databases =
  /^(postgres|postmaster|mysqld|mariadbd|redis-server|valkey-server|keydb-server|dragonfly|mongod|etcd|kine|cockroach|clickhouse.*|influxd|couchdb|tikv-server|scylla|sqlservr|rethinkdb|arangod|nats-server|prometheus)$/

export function rankOf(comm: string, inPod: boolean): Rank | undefined {
  if (databases.test(comm)) return 'database'
  return !inPod && node.test(comm) ? 'node' : undefined
}
