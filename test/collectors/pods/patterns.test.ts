import t from 'tap'
import { wrongWith } from '../../../collectors/pods/pattern.ts'
import { patterns } from '../../../collectors/pods/patterns.ts'
import { matcher, scan } from '../../../collectors/pods/scan.ts'

/** Lines as the programs write them: from their sources, issue trackers and, for PostgreSQL, recorded. */
const lines: Readonly<Record<string, readonly string[]>> = {
  'postgres-wal': [
    '2026-11-23 00:31:07.643 UTC [17504] PANIC:  could not locate a valid checkpoint record',
    '2026-11-23 00:31:07.643 UTC [17504] LOG:  invalid primary checkpoint record',
    '2020-03-18 13:01:50.531 UTC,,,27,,5e721b4e.1b,4,,2020-03-18 13:01:50 UTC,,0,PANIC,XX000,"could not locate a valid checkpoint record",,,,,,,,,""',
    '{"level":"info","logger":"postgres","msg":"record","record":{"error_severity":"PANIC","sql_state_code":"XX000","message":"could not locate a valid checkpoint record"}}',
  ],
  'postgres-panic': [
    '2026-11-23 00:31:07.643 UTC [1] PANIC:  could not write to log file: No space left on device',
  ],
  'postgres-killed': ['LOG:  server process (PID 17485) was terminated by signal 9: Killed'],
  'postgres-startup': [
    'LOG:  aborting startup due to startup process failure',
    'LOG:  shutting down due to startup process failure',
  ],
  'postgres-page': ['ERROR:  invalid page in block 0 of relation base/16384/16385'],
  'postgres-disk-full': ['ERROR:  could not extend file "base/16384/16397": No space left on device'],
  'postgres-wraparound': [
    'ERROR:  database is not accepting commands to avoid wraparound data loss in database "x"',
    'WARNING:  database "x" must be vacuumed within 10985967 transactions',
  ],
  'postgres-connections': [
    'FATAL:  sorry, too many clients already',
    'FATAL:  remaining connection slots are reserved for non-replication superuser connections',
  ],
  'mysql-corrupt': [
    '[ERROR] [MY-011906] [InnoDB] InnoDB: Database page corruption on disk or a failed file read of page',
    "Table './x/y' is marked as crashed and should be repaired",
  ],
  'mysql-connections': ['ERROR 1040 (HY000): Too many connections'],
  'redis-persistence': [
    'MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist on disk.',
    'Bad file format reading the append only file: make a backup of your AOF file',
  ],
  'redis-memory': ["(error) OOM command not allowed when used memory > 'maxmemory'."],
  'etcd-space': ['etcdserver: mvcc: database space exceeded'],
  'etcd-corrupt': [
    '{"level":"fatal","msg":"failed to recover v3 backend from snapshot"}',
    'walpb: crc mismatch',
  ],
  'etcd-slow': [
    '{"level":"warn","msg":"apply request took too long","took":"200ms"}',
    'etcdserver: request timed out',
  ],
  'kine-database': ['level=error msg="error while range on /registry/pods: database is locked"'],
  'containerd-storage': [
    'Error: failed to create containerd task: failed to create shim task: OCI runtime create failed',
  ],
  'kubelet-unwell': ['skipping pod synchronization - PLEG is not healthy: pleg was last seen active 3m'],
  x509: [
    'x509: certificate has expired or is not yet valid: current time 2027-11-23T00:00:00Z is after 2027-11-22T00:00:00Z',
    'Error: CERT_HAS_EXPIRED',
  ],
  'x509-authority': ['x509: certificate signed by unknown authority'],
  'api-unauthorized': ['Failed to watch *v1.Pod: failed to list *v1.Pod: Unauthorized'],
  dns: [
    'dial tcp: lookup db.shop.svc on 10.43.0.10:53: read udp 10.42.0.5:1->10.43.0.10:53: i/o timeout',
    'Error: getaddrinfo EAI_AGAIN db',
    'psql: could not translate host name "db": Temporary failure in name resolution',
  ],
  'disk-full': ['write /data/x: no space left on device', 'Error: ENOSPC: no space left on device, write'],
  'disk-failing': ['open /data/x: input/output error', 'touch: /x: Read-only file system'],
  'permission-denied': [
    "mkdir: cannot create directory '/data/x': Permission denied",
    'mkdir /data/x: permission denied',
    'open /data/db: permission denied',
    "Error: EACCES: permission denied, open '/data/x'",
    'FATAL:  data directory "/var/lib/postgresql/data" has wrong ownership',
  ],
  'too-many-files': ['accept4: too many open files'],
  'out-of-memory': [
    'java.lang.OutOfMemoryError: Java heap space',
    'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
  ],
}
const all = matcher(patterns)
const names = (text: string) => scan(all, Buffer.from(`${text}\n`)).found.map((it) => it.name)

t.test('each finds what the program says', async (t) => {
  t.strictSame(
    new Set(Object.keys(lines)),
    new Set(patterns.map((it) => it.name)),
    'each pattern has its lines',
  )
  for (const [name, its] of Object.entries(lines))
    for (const line of its) t.ok(names(line).includes(name), `${name}: ${line} (${names(line)})`)
})

t.test('calm lines say nothing', async (t) => {
  for (const line of [
    '10.42.0.1 - - [23/Nov/2026:00:29:20 +0000] "GET /healthz HTTP/1.1" 200 2 "-" "kube-probe/1.31"',
    '2026-11-23 00:31:05.653 UTC [17489] LOG:  checkpoint complete: wrote 911 buffers (5.6%)',
    '2026-11-23 00:31:05.514 UTC [17488] LOG:  database system was interrupted; last known up at 2026-11-23 00:31:04 UTC',
    '1:M 23 Nov 2026 00:00:00.000 * Background saving terminated with success',
    '[INFO] 10.42.0.9:51311 - 2 "A IN db.shop.svc.cluster.local. udp 41 false 512" NOERROR qr,aa,rd 106 0.0001s',
  ])
    t.strictSame(names(line), [], line)
})

t.test('the list', async (t) => {
  const known = new Set(patterns.map((it) => it.name))
  t.equal(known.size, patterns.length, 'names are names of one')
  for (const it of patterns) {
    for (const text of [...it.find, ...(it.over ?? [])])
      t.equal(wrongWith(text), undefined, `${it.name}: ${text}`)
    for (const other of it.covers ?? []) t.ok(known.has(other), `${it.name} covers ${other}`)
    t.notMatch(it.says, /\.$/)
    t.ok(it.next.length > 0)
    for (const text of [...it.next, it.never ?? ''])
      t.equal((text.match(/`/g) ?? []).length % 2, 0, `backticks come in pairs: ${text}`)
  }
})
