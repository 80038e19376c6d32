import type { Pattern } from '../pattern.ts'

const now =
  'Read the log around that line (on a server): `kubectl -n {namespace} logs {pod} -c {container} --tail=100`'

/**
 * Errors that any program may print: of the C library and of Go, Java, Python and Node.js. None is critical, because
 * the text of any program may end with something from outside.
 */
export const workload: readonly Pattern[] = [
  {
    name: 'dns',
    by: 'any',
    severity: 'warning',
    title: 'DNS failing',
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
    impact: 'This container reaches nothing by name.',
    fix: [
      'Check that CoreDNS runs (on a server): `kubectl -n kube-system get pods -l k8s-app=kube-dns -o wide`',
      'Check pod network and firewall of this node: `agent status`',
      now,
    ],
    avoid: ["Don't flush the firewall to test: it may lock out SSH."],
  },
  {
    name: 'disk-full',
    by: 'any',
    severity: 'warning',
    title: 'no space left on device',
    says: 'a disk or a volume is full',
    find: [
      'No space left on device',
      'no space left on device',
      'ENOSPC: no space left on device',
      'Disk quota exceeded',
      'disk quota exceeded',
    ],
    impact: 'What this container writes is lost; databases stop.',
    fix: [
      'See whether its volume is full (on a server): `kubectl -n {namespace} exec {pod} -c {container} -- df -h`',
      'See whether the disk of the node is full: `df -h`',
      'Delete images on the node that no container uses: `k3s crictl rmi --prune`',
    ],
    avoid: ["Don't delete files in /var/lib/rancher or of a database: they can't be recreated."],
  },
  {
    name: 'disk-failing',
    by: 'any',
    severity: 'warning',
    title: 'disk I/O error',
    says: 'a disk is failing, or a file system is read-only',
    find: [
      'Input/output error',
      'input/output error',
      'Read-only file system',
      'read-only file system',
      'Structure needs cleaning',
    ],
    fix: [
      'See what the kernel logs: `journalctl -k -b --no-pager -g "I/O error|EXT4-fs|XFS|Remounting"`',
      'Copy what is still readable to another disk',
    ],
    avoid: ["Don't run fsck on a mounted file system: it destroys data."],
  },
  {
    name: 'permission-denied',
    by: 'any',
    severity: 'warning',
    title: 'permission denied',
    says: 'the user of the container has no permission for a file or folder',
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
    impact: 'The container cannot use its volume; many programs stop at once.',
    fix: [
      'See the user, and who owns the volume (on a server): `kubectl -n {namespace} exec {pod} -c {container} -- sh -c "id; ls -ldn /*"`',
      'Set securityContext.fsGroup (and runAsUser) in the workload of the pod',
    ],
    avoid: ["Don't run chmod 777 on the volume: databases refuse to start with it."],
  },
  {
    name: 'too-many-files',
    by: 'any',
    severity: 'warning',
    title: 'too many open files',
    says: 'no file descriptors or inotify watches are left',
    find: ['too many open files', 'Too many open files'],
    fix: ['See the limits of the node: `sysctl fs.inotify fs.file-nr`', now],
  },
  {
    name: 'out-of-memory',
    by: 'any',
    severity: 'warning',
    title: 'out of memory',
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
    impact: 'The program fails or ends by itself, before the kernel kills it.',
    fix: ['See what uses the memory: `agent memory`', now],
  },
]
