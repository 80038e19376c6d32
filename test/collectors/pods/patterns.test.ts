import t from 'tap'
import { anchorOf, wrongWith } from '../../../collectors/pods/pattern.ts'
import { patterns } from '../../../collectors/pods/patterns.ts'
import { matcher, scan } from '../../../collectors/pods/scan.ts'
import { cri } from './node.ts'

/** As PostgreSQL begins its lines unless told otherwise. */
const pg = (text: string) => `2026-11-23 00:31:07.643 UTC [17504] ${text}`
const redis = (text: string) => `1:M 23 Nov 2026 00:00:00.000 # ${text}`
const klog = (text: string) => `E1123 00:00:00.123456       1 kubelet.go:2412] ${text}`

/** Lines as the programs write them: from their sources, issue trackers and, for PostgreSQL, recorded. */
const lines: Readonly<Record<string, readonly string[]>> = {
  'postgres-wal': [
    '2026-11-23 00:31:07.643 UTC [17504] PANIC:  could not locate a valid checkpoint record',
    '2026-11-23 00:31:07.643 UTC [17504] LOG:  invalid primary checkpoint record',
    pg('PANIC:  could not locate a valid checkpoint record at 0/1511B00'),
    '2026-11-23 00:31:07 UTC [27]: [4-1] 5e721b4e.1b 0     PANIC:  could not locate a valid checkpoint record',
    '2020-03-18 13:01:50.531 UTC,,,27,,5e721b4e.1b,4,,2020-03-18 13:01:50 UTC,,0,PANIC,XX000,"could not locate a valid checkpoint record",,,,,,,,,""',
    '{"timestamp":"2026-11-23 00:31:07.643 UTC","pid":27,"session_id":"5e721b4e.1b","line_num":4,"error_severity":"PANIC","state_code":"XX000","message":"could not locate a valid checkpoint record","backend_type":"startup","query_id":0}',
    '{"level":"info","logger":"postgres","msg":"record","record":{"error_severity":"PANIC","sql_state_code":"XX000","message":"could not locate a valid checkpoint record"}}',
  ],
  'postgres-panic': [pg('PANIC:  could not write to log file: No space left on device')],
  'postgres-killed': [
    pg('LOG:  server process (PID 17485) was terminated by signal 9: Killed'),
    pg('LOG:  background worker "logical replication launcher" (PID 7) was terminated by signal 9: Killed'),
  ],
  'postgres-startup': [
    pg('LOG:  aborting startup due to startup process failure'),
    pg('LOG:  shutting down due to startup process failure'),
  ],
  'postgres-page': [
    pg('ERROR:  invalid page in block 0 of relation base/16384/16385'),
    pg('WARNING:  page verification failed, calculated checksum 7 but expected 8'),
  ],
  'postgres-disk-full': [
    pg('ERROR:  could not extend file "base/16384/16397": No space left on device'),
    '{"timestamp":"2026-11-23 00:31:07.643 UTC","error_severity":"ERROR","message":"could not extend file \\"base/16384/16397\\": No space left on device"}',
  ],
  'postgres-wraparound': [
    pg('ERROR:  database is not accepting commands to avoid wraparound data loss in database "x"'),
    pg(
      'ERROR:  database is not accepting commands that assign new transaction IDs to avoid wraparound data loss in database "x"',
    ),
    pg('WARNING:  database "x" must be vacuumed within 10985967 transactions'),
    '{"timestamp":"2026-11-23 00:31:07.643 UTC","error_severity":"WARNING","message":"database \\"x\\" must be vacuumed within 10985967 transactions"}',
  ],
  'postgres-connections': [
    pg('FATAL:  sorry, too many clients already'),
    pg('FATAL:  remaining connection slots are reserved for non-replication superuser connections'),
    '2026-11-23 00:31:07 UTC [31]: [1-1] user=shop,db=shop,app=PostgreSQL JDBC Driver,client=10.42.0.7 FATAL:  sorry, too many clients already',
    '2026-11-23 00:31:07 UTC:10.42.0.7(4242):shop@shop:[31]:FATAL:  sorry, too many clients already',
    '2026-11-23 00:31:07.643 UTC [31] shop@shop FATAL:  sorry, too many clients already',
    '2026-11-23 00:31:07.643 UTC [31] [unknown]@[unknown] FATAL:  sorry, too many clients already',
    '2026-11-23 00:31:07 UTC [31]: [1-1] 5e721b4e.1b 0 shop app psql 10.42.0.7 FATAL:  sorry, too many clients already',
    '2026-11-23 00:31:07.643 CET [31] client backend FATAL:  sorry, too many clients already',
  ],
  'mysql-corrupt': [
    '2026-11-23T00:31:07.643123Z 0 [ERROR] [MY-011906] [InnoDB] Database page corruption on disk or a failed file read of page [page id: space=4, page number=3].',
    '2026-11-23T00:31:07.643123Z 0 [ERROR] InnoDB: Database page corruption on disk or a failed file read of page',
    '2026-11-23  0:31:07 0 [ERROR] InnoDB: Missing FILE_CHECKPOINT(42) at 4242',
    "2026-11-23  0:31:07 12 [ERROR] mariadbd: Table './x/y' is marked as crashed and should be repaired",
    '{"prio":1,"err_code":11906,"source_line":1,"source_file":"buf0buf.cc","msg":"Database page corruption on disk or a failed file read of page","time":"2026-11-23T00:31:07.643123Z","err_symbol":"ER_IB_MSG_81","SQL_state":"HY000","subsystem":"InnoDB","label":"Error"}',
  ],
  'mysql-connections': [
    'ERROR 1040 (HY000): Too many connections',
    '2026-11-23  0:31:07 0 [Warning] Too many connections',
  ],
  'redis-persistence': [
    redis('Background saving error'),
    redis("Can't save in background: fork: Cannot allocate memory"),
    redis('Bad file format reading the append only file: make a backup of your AOF file'),
    '[1] 23 Nov 00:00:00.000 # Short read or OOM loading DB. Unrecoverable error, aborting now.',
    'pid=1 role=master timestamp="23 Nov 2026 00:00:00.000" level=warning message="Background saving error"',
  ],
  'redis-refuses': [
    'ReplyError: MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist on disk.',
  ],
  'redis-memory': [
    "(error) OOM command not allowed when used memory > 'maxmemory'.",
    "redis.exceptions.OutOfMemoryError: command not allowed when used memory > 'maxmemory'.",
  ],
  'etcd-space': [
    klog(
      '"Unhandled Error" err="rpc error: code = ResourceExhausted desc = etcdserver: mvcc: database space exceeded"',
    ),
    '{"level":"warn","ts":"2026-11-23T00:00:00.123Z","caller":"etcdserver/util.go:170","msg":"failed to apply request","error":"etcdserver: mvcc: database space exceeded"}',
  ],
  'etcd-corrupt': [
    '{"level":"fatal","ts":"2026-11-23T00:00:00.123Z","caller":"etcdserver/server.go:452","msg":"failed to recover v3 backend from snapshot"}',
    '2026-11-23 00:00:00.123456 C | etcdserver: walpb: crc mismatch',
  ],
  'etcd-slow': [
    '{"level":"warn","ts":"2026-11-23T00:00:00.123Z","caller":"etcdserver/util.go:170","msg":"apply request took too long","took":"200ms"}',
    '2026-11-23 00:00:00.123456 W | etcdserver: failed to send out heartbeat on time (exceeded the 100ms timeout for 1s)',
    klog('"Failed to update lease" err="etcdserver: request timed out"'),
  ],
  'kine-database': [
    'time="2026-11-23T00:00:00Z" level=error msg="error while range on /registry/pods: database is locked"',
  ],
  'containerd-storage': [
    'time="2026-11-23T00:00:00.123456789Z" level=error msg="StartContainer for \\"4f\\" failed" error="failed to create containerd task: failed to create shim task: OCI runtime create failed"',
  ],
  'kubelet-unwell': [
    klog(
      '"Skipping pod synchronization" err="PLEG is not healthy: pleg was last seen active 3m1s ago; threshold is 3m0s"',
    ),
    klog('"Eviction manager: attempting to reclaim" resourceName="ephemeral-storage"'),
    klog(
      '"Container runtime network not ready" networkReady="NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized"',
    ),
  ],
  x509: [
    'x509: certificate has expired or is not yet valid: current time 2027-11-23T00:00:00Z is after 2027-11-22T00:00:00Z',
    'Error: CERT_HAS_EXPIRED',
    'ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1007)',
    'curl: (60) SSL certificate problem: certificate has expired',
    'time="2026-11-23T00:00:00Z" level=error msg="cannot ask" error="Get \\"https://x/\\": tls: failed to verify certificate: x509: certificate has expired or is not yet valid"',
  ],
  'x509-authority': ['x509: certificate signed by unknown authority'],
  'api-unauthorized': [
    klog(
      'k8s.io/client-go/informers/factory.go:150: Failed to watch *v1.Pod: failed to list *v1.Pod: Unauthorized',
    ),
    klog('"Failed to watch" err="failed to list *v1.Pod: Unauthorized" reflector="x"'),
  ],
  dns: [
    'dial tcp: lookup db.shop.svc on 10.43.0.10:53: read udp 10.42.0.5:1->10.43.0.10:53: i/o timeout',
    'Error: getaddrinfo EAI_AGAIN db',
    'psql: could not translate host name "db": Temporary failure in name resolution',
    'socket.gaierror: [Errno -3] Temporary failure in name resolution',
    'Caused by: java.net.UnknownHostException: db',
    '{"level":"error","time":1764000000000,"err":{"type":"Error","message":"getaddrinfo EAI_AGAIN db","stack":"Error: getaddrinfo EAI_AGAIN db\\n    at x"},"msg":"cannot connect"}',
    '2026-11-23 00:00:00,123 ERROR [main] c.e.App - java.net.UnknownHostException: db',
  ],
  'disk-full': [
    'write /data/x: no space left on device',
    'Error: ENOSPC: no space left on device, write',
    "OSError: [Errno 28] No space left on device: '/data/x'",
    "cp: error writing '/data/x': No space left on device",
    '2026/11/23 00:00:00 [crit] 7#7: *1 pwrite() "/var/cache/nginx/x" failed (28: No space left on device) while reading upstream, client: 10.42.0.1, server: , request: "GET / HTTP/1.1"',
    '2026-11-23T00:00:00Z ERROR No space left on device',
  ],
  'disk-failing': ['open /data/x: input/output error', 'touch: /x: Read-only file system'],
  'permission-denied': [
    "mkdir: cannot create directory '/data/x': Permission denied",
    'mkdir /data/x: permission denied',
    'open /data/db: permission denied',
    "Error: EACCES: permission denied, open '/data/x'",
    pg('FATAL:  data directory "/var/lib/postgresql/data" has wrong ownership'),
    'initdb: error: could not access directory "/var/lib/postgresql/data": Permission denied',
  ],
  'too-many-files': ['accept4: too many open files'],
  'out-of-memory': [
    'java.lang.OutOfMemoryError: Java heap space',
    'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
    '  what():  std::bad_alloc',
    'Exception in thread "main" java.lang.OutOfMemoryError: Java heap space',
  ],
}
const all = matcher(patterns)
const scanned = (text: string) => scan(all, Buffer.from(cri(text, Date.parse('2026-11-23T00:31:08Z')))).found
const names = (text: string) => scanned(text).map((it) => it.name)

t.test('each finds what the program says', async (t) => {
  t.strictSame(
    new Set(Object.keys(lines)),
    new Set(patterns.map((it) => it.name)),
    'each pattern has its lines',
  )
  for (const [name, its] of Object.entries(lines))
    for (const line of its) t.ok(names(line).includes(name), `${name}: ${line} (${names(line)})`)
})

t.test('genuine errors in the forms that programs print them', async (t) => {
  const its: Readonly<Record<string, string>> = {
    'write /data/x: no space left on device': 'disk-full',
    'tar: x: Cannot write: No space left on device': 'disk-full',
    'OSError: [Errno 28] No space left on device': 'disk-full',
    'Error: ENOSPC: no space left on device, write': 'disk-full',
    'error writing: No space left on device (os error 28)': 'disk-full',
    "System.IO.IOException: No space left on device : '/data/x'": 'disk-full',
    'java.io.IOException: No space left on device': 'disk-full',
    "[ERROR] could not write '/data/x': No space left on device": 'disk-full',
    'rsync: write failed on "/data/x": No space left on device (28)': 'disk-full',
    '2026-11-29T09:00:00Z\tERROR\tmain\tfailed\t{"error": "write /x: no space left on device"}': 'disk-full',
    "cp: error writing '/data/x': Input/output error": 'disk-failing',
    "terminate called after throwing an instance of 'std::bad_alloc'": 'out-of-memory',
    'MemoryError: Cannot allocate memory': 'out-of-memory',
    'fork: Cannot allocate memory': 'out-of-memory',
    '[2026-11-29T09:00:00,000][ERROR][o.e.b] [n1] fatal error java.lang.OutOfMemoryError: Java heap space':
      'out-of-memory',
    'nginx: [emerg] open() "/var/log/nginx/error.log" failed (28: No space left on device)': 'disk-full',
    'panic: open /x: permission denied': 'permission-denied',
    "Error: EACCES: permission denied, mkdir '/data/x'": 'permission-denied',
    'psycopg2.OperationalError: could not translate host name "db" to address: Temporary failure in name resolution':
      'dns',
    'inotify_init: Too many open files': 'too-many-files',
    'http: Accept error: accept tcp [::]:80: accept4: too many open files; retrying in 5ms': 'too-many-files',
    'Get "https://x/": x509: certificate has expired or is not yet valid: current time 2027-11-23T00:00:00Z is after 2027-11-22T00:00:00Z':
      'x509',
    '{"level":"error","ts":1,"caller":"x","msg":"failed","error":"Get \\"https://x\\": x509: certificate has expired or is not yet valid: a"}':
      'x509',
    'level=error ts=1 msg="x" err="Get \\"https://x\\": x509: certificate has expired or is not yet valid: y"':
      'x509',
    'E1129 09:00:00.000000       1 reflector.go:147] k8s.io/client-go: Failed to watch *v1.Pod: Get "https://x": x509: certificate has expired or is not yet valid: t':
      'x509',
    'time="2026-11-29T09:00:00Z" level=error msg="Error: Post \\"https://x\\": x509: certificate signed by unknown authority"':
      'x509-authority',
    'redis.exceptions.ResponseError: MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist on disk.':
      'redis-refuses',
  }
  for (const [line, name] of Object.entries(its)) t.strictSame(names(line), [name], line)
})

t.test('what clients say into the texts of programs', async (t) => {
  for (const line of [
    'Invalid user x: No space left on device from 10.0.0.1 port 5',
    'Failed password for invalid user x: Read-only file system from 10.0.0.1 port 5 ssh2',
    'GET /a?x=CERT_HAS_EXPIRED 404 1.2 ms - 139',
    'GET /a?x=java.lang.OutOfMemoryError 404 139 - 1.2 ms',
    '10.1.1.1 GET /x 404 ua=foo: Input/output error',
    '{"level":"info","msg":"GET /a?x=CERT_HAS_EXPIRED 404"}',
    klog('Unable to authenticate the request due to an error: x: mvcc: database space exceeded'),
    klog('Trace[1]: "Update" url:/api/v1/namespaces/x,user-agent:evil: mvcc: database space exceeded (1ms)'),
    '{"level":"error","msg":"a client reports","error":"walpb: crc mismatch"}',
    'level=info path=/x ua=java.net.UnknownHostException x=1',
  ])
    t.strictSame(names(line), [], line)
  // An error at the very end of a text may be anybody's.
  const grave = new Set(patterns.filter((it) => it.severity === 'critical').map((it) => it.name))
  for (const line of [
    '{"level":"warn","msg":"login failed for x: No space left on device"}',
    'no such user x: Input/output error',
  ])
    t.notOk(
      names(line).some((it) => grave.has(it)),
      line,
    )
  for (const it of patterns) t.notOk(it.by === 'any' && it.severity === 'critical', it.name)
})

t.test('calm lines say nothing', async (t) => {
  for (const line of [
    '10.42.0.1 - - [23/Nov/2026:00:29:20 +0000] "GET /healthz HTTP/1.1" 200 2 "-" "kube-probe/1.31"',
    klog(
      '"Skipping pod synchronization" err="[container runtime status check may not have completed yet, PLEG is not healthy: pleg has yet to be successful]"',
    ),
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
      if (!it.marks) t.equal(wrongWith(text), undefined, `${it.name}: ${text}`)
    t.ok(it.by, 'every one is of a program')
    // JSON and CSV write a quote with something in front of it.
    for (const text of [...it.find, ...(it.over ?? [])])
      t.notMatch(anchorOf(text).slice(1), /["\\]/, `${it.name}: ${text}`)
    for (const other of it.covers ?? []) t.ok(known.has(other), `${it.name} covers ${other}`)
    t.notMatch(it.says, /\.$/)
    t.ok(it.next.length > 0)
    for (const text of [...it.next, it.never ?? ''])
      t.equal((text.match(/`/g) ?? []).length % 2, 0, `backticks come in pairs: ${text}`)
  }
})
