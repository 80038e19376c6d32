import type { Pattern } from '../pattern.ts'

const now = 'Read what stands around it: `kubectl -n {namespace} logs {pod} -c {container} --tail=100`'

/**
 * Errors that any program may print: of the C library and of Go, Java, Python and Node.js. None is critical, because
 * the text of any program may end with something from outside.
 */
export const workload: readonly Pattern[] = [
  {
    name: 'dns',
    by: 'any',
    severity: 'warning',
    says: 'names cannot be resolved',
    find: [
      'Temporary failure in name resolution',
      'getaddrinfo EAI_AGAIN *',
      'lookup * on *:53: * i/o timeout',
      'lookup *: server misbehaving',
      'lookup *:53: read: connection refused',
      'java.net.UnknownHostException',
      'java.net.UnknownHostException: *',
    ],
    impact: 'Whatever it reaches by name, it does not reach.',
    fix: [
      'See whether the cluster DNS is there: `kubectl -n kube-system get pods -l k8s-app=kube-dns -o wide`',
      'See the pod network and the firewall of this node: `agent status`',
      now,
    ],
    avoid: ['Flush the firewall to see whether it helps: it can lock you out.'],
  },
  {
    name: 'disk-full',
    by: 'any',
    severity: 'warning',
    says: 'a disk or a volume is full',
    find: [
      'No space left on device',
      'no space left on device',
      'ENOSPC: no space left on device',
      'Disk quota exceeded',
      'disk quota exceeded',
    ],
    impact: 'What it tries to write is lost, and databases stop.',
    fix: [
      'See which: `kubectl -n {namespace} exec {pod} -c {container} -- df -h`, and on the node `df -h`, `df -i`',
      'Make room on the node: `k3s crictl rmi --prune` removes images that nothing uses',
    ],
    avoid: ['Delete files below /var/lib/rancher or of a database by hand.'],
  },
  {
    name: 'disk-failing',
    by: 'any',
    severity: 'warning',
    says: 'a disk fails, or a file system was made read-only',
    find: [
      'Input/output error',
      'input/output error',
      'Read-only file system',
      'read-only file system',
      'Structure needs cleaning',
    ],
    fix: [
      'See what the kernel says: `journalctl -k -b --no-pager -g "I/O error|EXT4-fs|XFS|Remounting"`',
      'Copy what is on it while it can be read',
    ],
    avoid: ['Run fsck on a file system that is mounted.'],
  },
  {
    name: 'permission-denied',
    by: 'any',
    severity: 'warning',
    says: 'a file or folder may not be used by the user that the container runs as',
    find: [
      'mkdir*: permission denied',
      'mkdir*: Permission denied',
      'open /*: permission denied',
      'EACCES: permission denied',
      'could not access directory*: Permission denied',
      'could not open file*: Permission denied',
      'could not create directory*: Permission denied',
      'data directory*has wrong ownership',
    ],
    impact: 'It cannot use its volume; many programs stop at once.',
    fix: [
      'See the owner of the volume and the user: `kubectl -n {namespace} exec {pod} -c {container} -- sh -c "id; ls -ldn /*"`',
      'Set `securityContext.fsGroup` (and runAsUser) in the workload that made the pod',
    ],
    avoid: ['Run chmod 777 on the volume: databases refuse to start with it, and everyone may write.'],
  },
  {
    name: 'too-many-files',
    by: 'any',
    severity: 'warning',
    says: 'it has no file descriptors or inotify watches left',
    find: ['too many open files', 'Too many open files'],
    fix: ['See the limits of the node: `sysctl fs.inotify fs.file-nr`', now],
  },
  {
    name: 'out-of-memory',
    by: 'any',
    severity: 'warning',
    says: 'the program itself ran out of memory',
    find: [
      'java.lang.OutOfMemoryError',
      'java.lang.OutOfMemoryError: *',
      'JavaScript heap out of memory',
      'fatal error: runtime: out of memory',
      'std::bad_alloc',
      'Cannot allocate memory',
      'cannot allocate memory',
    ],
    impact: 'It fails or ends by itself, before the kernel would kill it.',
    fix: ['See what it uses: `agent memory`', now],
  },
]
