import type { Pattern } from '../pattern.ts'

const now = 'Read what stands around it: `kubectl -n {namespace} logs {pod} -c {container} --tail=200`'

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
    says: 'etcd has reached its space quota and takes no more writes',
    find: [
      'mvcc: database space exceeded',
      'etcdserver: mvcc: database space exceeded',
      'rpc error: code = ResourceExhausted desc = etcdserver: mvcc: database space exceeded',
      'applying raft message exceeded backend quota',
      'Errors present on etcd cluster*alarm:NOSPACE*',
      'memberID:* alarm:NOSPACE*',
    ],
    impact: 'Nothing in the cluster can be changed until it has been compacted and defragmented.',
    fix: [
      'See the sizes: `etcdctl endpoint status --write-out=table`',
      'Compact, defragment one member after the other, then `etcdctl alarm disarm`',
    ],
    avoid: ['Delete the member folder of a member that is still needed for the quorum.'],
  },
  {
    name: 'etcd-corrupt',
    by: 'kubernetes',
    severity: 'critical',
    says: 'etcd found its data damaged, or cannot read its WAL',
    find: [
      'wal: crc mismatch',
      'walpb: crc mismatch',
      'failed to recover v3 backend from snapshot',
      'found data inconsistency*',
      'snap: snapshot file doesn*',
    ],
    impact:
      'This member does not start, or does not fit the others; with one server the whole cluster is down.',
    fix: [
      'Copy the etcd folder before anything else',
      'With other members alive remove this one and let it join anew; with one server restore a snapshot: `k3s server --cluster-reset --cluster-reset-restore-path=SNAPSHOT`',
    ],
    avoid: ['Run `--cluster-reset` without a copy of the folder and a snapshot.'],
    urgent: true,
  },
  {
    name: 'etcd-slow',
    by: 'kubernetes',
    severity: 'warning',
    says: 'etcd waits for its disk or its peers',
    find: [
      'apply request took too long',
      'slow fdatasync',
      'failed to send out heartbeat on time*',
      'leader failed to send out heartbeat on time*',
      '*etcdserver: request timed out',
      '*etcdserver: leader changed',
      '*etcdserver: no leader',
    ],
    impact: 'The API answers late or not at all, and leaders change without need.',
    fix: [
      'See what the disk does: `cat /proc/pressure/io`, `iostat -x 5 3`',
      'Move etcd to a faster disk, or what writes so much away from it',
    ],
  },
  {
    name: 'kine-database',
    by: 'kubernetes',
    severity: 'critical',
    says: 'kine cannot use its database',
    find: [
      'kine: Failed to*',
      'error while range on *: database is locked',
      'error while range on *: database disk image is malformed',
      'database disk image is malformed',
    ],
    impact: 'The API cannot read or write what the cluster consists of.',
    fix: [now, 'See whether the database answers and has room'],
    avoid: ['Delete state.db or its -wal file.'],
  },
  {
    name: 'containerd-storage',
    by: 'kubernetes',
    severity: 'critical',
    says: 'containerd cannot make or start containers',
    find: containerd.flatMap((it) => [`${it}*`, `rpc error: code = Unknown desc = ${it}*`]),
    fix: [
      'See what containerd says: `tail -50 /var/lib/rancher/k3s/agent/containerd/containerd.log`',
      'See how full the disk is: `df -h /var/lib/rancher`, `df -i /var/lib/rancher`',
    ],
    avoid: ['Delete folders below /var/lib/rancher/k3s/agent/containerd by hand.'],
  },
  {
    name: 'kubelet-unwell',
    by: 'kubernetes',
    severity: 'critical',
    says: 'the kubelet cannot do its work',
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
      'See what it says: `journalctl -u k3s -u k3s-agent -n 100 --no-pager`',
      'See the node: `agent status`',
    ],
  },
  {
    name: 'x509',
    by: 'any',
    severity: 'warning',
    says: 'a certificate is not accepted, since it has expired or is not valid yet',
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
    impact: 'What this container asks for over TLS is refused until the certificate, or the clock, is right.',
    fix: ['See which certificates of the node are due: `agent status`', 'See the clock: `timedatectl`', now],
    avoid: ['Switch the check of certificates off.'],
  },
  {
    name: 'x509-authority',
    by: 'any',
    severity: 'warning',
    says: 'a certificate is not accepted, since nobody known has signed it',
    find: [
      'x509: certificate signed by unknown authority',
      'x509: certificate signed by unknown authority (possibly *',
      'unable to get local issuer certificate',
      'self signed certificate in certificate chain',
      'self-signed certificate in certificate chain',
    ],
    fix: [now, 'After a rotation of the CA: restart what still holds the old one'],
    avoid: ['Switch the check of certificates off.'],
  },
  {
    name: 'api-unauthorized',
    by: 'kubernetes',
    severity: 'warning',
    says: 'the API refuses who this container says it is',
    find: [
      '*Failed to watch*: Unauthorized',
      '*failed to list*: Unauthorized',
      '*the server has asked for the client to provide credentials',
    ],
    fix: [
      'See the certificates of the node: `agent status`',
      'Restart the pod so that it gets a new token: `kubectl -n {namespace} delete pod {pod}`',
    ],
  },
]
