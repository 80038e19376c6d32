import t from 'tap'
import { anchorOf, wrongWith } from '../../../collectors/pods/pattern.ts'
import { patterns } from '../../../collectors/pods/patterns.ts'
import { klog, names } from './patterns/found.ts'

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
    t.ok(it.fix.length > 0)
    for (const text of [...it.fix, ...(it.avoid ?? [])])
      t.equal((text.match(/`/g) ?? []).length % 2, 0, `backticks come in pairs: ${text}`)
  }
})
