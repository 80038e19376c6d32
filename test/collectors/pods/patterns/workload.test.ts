import t from 'tap'
import { workload } from '../../../../collectors/pods/patterns/workload.ts'
import { each, pg } from './found.ts'

/** Lines as the programs write them: from their sources and issue trackers. */
const lines: Readonly<Record<string, readonly string[]>> = {
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

t.test('each finds what the program says', async (t) => each(t, workload, lines))
