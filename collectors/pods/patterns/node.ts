import { leaveBarePods } from '../../node/pods.ts'
import type { Pattern } from '../pattern.ts'

const now =
  'Read the log around that line (on a server): `kubectl -n {namespace} logs {pod} -c {container} --tail=200`'

const containerd = [
  'failed to create containerd task',
  'failed to reserve container name',
  'failed to reserve sandbox name',
  'failed to prepare extraction snapshot',
  'failed to create shim task',
]

/** Messages of the parts of Kubernetes itself, where they run in containers (etcd, kine, RKE2's static pods, CNI). */
export const node: readonly Pattern[] = [
  {
    name: 'etcd-space',
    by: 'kubernetes',
    severity: 'critical',
    title: 'etcd: database space exceeded',
    says: 'etcd has reached its space quota and takes no more writes',
    find: [
      'mvcc: database space exceeded',
      'etcdserver: mvcc: database space exceeded',
      'rpc error: code = ResourceExhausted desc = etcdserver: mvcc: database space exceeded',
      'applying raft message exceeded backend quota',
      'Errors present on etcd cluster*alarm:NOSPACE*',
      'memberID:* alarm:NOSPACE*',
    ],
    impact: 'Nothing that this etcd holds can be changed until it is compacted and defragmented.',
    fix: [
      'See the sizes, in the etcd pod (under TLS with --cacert, --cert and --key): `etcdctl endpoint status --write-out=table`',
      'Compact, then defragment one member after the other',
      'Then clear the alarm, in the etcd pod: `etcdctl alarm disarm`',
    ],
    avoid: ["Don't delete a member folder: the quorum may need that member."],
  },
  {
    name: 'etcd-corrupt',
    by: 'kubernetes',
    severity: 'critical',
    title: 'etcd data corrupt',
    says: 'etcd data is corrupt, or its WAL unreadable',
    find: [
      'wal: crc mismatch',
      'walpb: crc mismatch',
      'failed to recover v3 backend from snapshot',
      'found data inconsistency*',
      'snap: snapshot file doesn*',
    ],
    impact:
      'This member does not start, or differs from the others. With one member, all that it holds is down.',
    // k3s's own etcd writes to the journal. In a container it is RKE2's, or somebody's own.
    fix: [
      'Copy the etcd folder before anything else',
      'If other members are healthy, remove this one and let it rejoin',
      "If not, restore a snapshot of this etcd. For RKE2's own (kube-system), first on its server: `systemctl stop rke2-server`",
      'Then, with SNAPSHOT from /var/lib/rancher/rke2/server/db/snapshots, on that server: `rke2 server --cluster-reset --cluster-reset-restore-path=SNAPSHOT`',
    ],
    avoid: [
      "Don't delete the etcd folder: it may be the only copy.",
      "Don't run `k3s server --cluster-reset` for it: that resets the datastore of k3s.",
    ],
    urgent: true,
  },
  {
    name: 'etcd-slow',
    by: 'kubernetes',
    severity: 'warning',
    title: 'etcd slow',
    says: 'etcd is slow because of its disk or its peers',
    find: [
      'apply request took too long',
      'slow fdatasync',
      'failed to send out heartbeat on time*',
      'leader failed to send out heartbeat on time*',
      '*etcdserver: request timed out',
      '*etcdserver: leader changed',
      '*etcdserver: no leader',
    ],
    impact: 'The API answers late or not at all, and leaders change needlessly.',
    fix: [
      'See whether the disk is the reason: `cat /proc/pressure/io`',
      'Move etcd to a faster disk, or heavy writers to another disk',
    ],
  },
  {
    name: 'kine-database',
    by: 'kubernetes',
    severity: 'critical',
    title: 'kine database failing',
    says: 'kine cannot use its database',
    find: [
      'kine: Failed to*',
      'error while range on *: database is locked',
      'error while range on *: database disk image is malformed',
      'database disk image is malformed',
    ],
    impact: 'The API cannot read or write the state of the cluster.',
    fix: [now, 'Check that the database answers and has free space'],
    avoid: ["Don't delete state.db or state.db-wal: they hold the whole cluster."],
  },
  {
    name: 'containerd-storage',
    by: 'kubernetes',
    severity: 'critical',
    title: 'containerd failing',
    says: 'containerd cannot create or start containers',
    find: containerd.flatMap((it) => [`${it}*`, `rpc error: code = Unknown desc = ${it}*`]),
    fix: [
      'See what containerd logs: `tail -n 50 /var/lib/rancher/k3s/agent/containerd/containerd.log`',
      'See whether the disk is full: `df -h /var/lib/rancher`',
      'See whether its inodes are used up: `df -i /var/lib/rancher`',
    ],
    avoid: ["Don't delete folders of containerd: its database would no longer match."],
  },
  {
    name: 'kubelet-unwell',
    by: 'kubernetes',
    severity: 'critical',
    title: 'kubelet not healthy',
    says: 'the kubelet is not healthy',
    find: [
      // "has yet to be successful" is left out: it is printed at each start.
      'PLEG is not healthy: pleg was last seen active *',
      '[container runtime * PLEG is not healthy: pleg was last seen active *',
      'Container runtime network not ready',
      'Eviction manager: attempting to reclaim*',
      'eviction manager: attempting to reclaim*',
      'Failed to start ContainerManager*',
      'cni plugin not initialized',
    ],
    fix: [
      'See what the kubelet logs: `journalctl -u k3s -u k3s-agent -n 100 --no-pager`',
      'See the node: `agent status`',
    ],
  },
  {
    name: 'x509',
    by: 'any',
    severity: 'warning',
    title: 'x509: certificate expired',
    says: 'a certificate is refused: expired or not yet valid',
    find: [
      'x509: certificate has expired or is not yet valid',
      'x509: certificate has expired or is not yet valid: *',
      'tls: expired certificate',
      'certificate verify failed: certificate has expired',
      'SSL certificate problem: certificate has expired',
      'SSL error: certificate has expired',
      'verify error:num=10:certificate has expired',
      'Error: certificate has expired',
      'CERT_HAS_EXPIRED',
      'npm ERR! code CERT_HAS_EXPIRED',
    ],
    impact: 'TLS connections of this container fail until the certificate or the clock is right.',
    fix: ['See which certs of the node have expired: `agent certs`', 'Check the clock: `timedatectl`', now],
    avoid: ["Don't disable certificate checks: anyone could pose as the server."],
  },
  {
    name: 'x509-authority',
    by: 'any',
    severity: 'warning',
    title: 'x509: unknown authority',
    says: 'a certificate is refused: signed by an unknown CA',
    find: [
      'x509: certificate signed by unknown authority',
      'x509: certificate signed by unknown authority (possibly *',
      'unable to get local issuer certificate',
      'self signed certificate in certificate chain',
      'self-signed certificate in certificate chain',
    ],
    fix: [now, 'After a CA rotation, restart what still uses the old CA'],
    avoid: ["Don't disable certificate checks: anyone could pose as the server."],
  },
  {
    name: 'api-unauthorized',
    by: 'kubernetes',
    severity: 'warning',
    title: 'API says 401 Unauthorized',
    says: 'the API says 401 Unauthorized to this container',
    find: [
      '*Failed to watch*: Unauthorized',
      '*failed to list*: Unauthorized',
      '*the server has asked for the client to provide credentials',
    ],
    fix: [
      'See the certs of the node: `agent certs`',
      'Restart the pod to get a new token (on a server): `kubectl -n {namespace} delete pod {pod}`',
    ],
    avoid: [leaveBarePods],
  },
]
