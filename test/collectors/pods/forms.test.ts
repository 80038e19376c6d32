import t from 'tap'
import { fits, isWhole } from '../../../collectors/pods/forms.ts'
import { expressionOf } from '../../../collectors/pods/pattern.ts'
import { patterns } from '../../../collectors/pods/patterns.ts'
import { matcher, scan } from '../../../collectors/pods/scan.ts'
import { cri } from './node.ts'

// What is evidence only opens no finding, so that it may be claimed by anybody.
const all = matcher(patterns.filter((it) => !it.silent))
const scanned = (text: string) => scan(all, Buffer.from(cri(text, Date.parse('2026-11-23T00:31:08Z')))).found
/** As PostgreSQL begins its lines unless told otherwise. */
const pg = (text: string) => `2026-11-23 00:31:07.643 UTC [17504] ${text}`

/** What a text from outside makes of a line that a program writes of it. */
const around: Readonly<Record<string, (text: string) => string>> = {
  "nginx's access log, User-Agent": (it) =>
    `10.42.0.1 - - [23/Nov/2026:00:29:20 +0000] "GET / HTTP/1.1" 200 615 "-" "${it}" "-"`,
  'an access log, user of basic authentication': (it) =>
    `10.42.0.1 - ${it} [23/Nov/2026:00:29:20 +0000] "GET / HTTP/1.1" 401 179 "-" "curl/8" "-"`,
  "nginx's error log, path": (it) =>
    `2026/11/23 00:29:20 [error] 7#7: *1 open() "/usr/share/nginx/html/x": ${it} y" failed (2: No such file or directory), client: 10.42.0.1, server: localhost, request: "GET /x HTTP/1.1", host: "x"`,
  "nginx's error log, request": (it) =>
    `2026/11/23 00:29:20 [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream, client: 10.42.0.1, server: x, request: "GET /": ${it} HTTP/1.1", host: "x"`,
  "Apache's error log, referer": (it) =>
    `[Mon Nov 23 00:29:20.123456 2026] [core:error] [pid 7] [client 10.42.0.1:5] AH00128: File does not exist: /x, referer: ${it}`,
  "HAProxy's log, captured header": (it) =>
    `10.42.0.1:33317 [23/Nov/2026:00:29:20.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {${it}} {} "GET / HTTP/1.1"`,
  "Envoy's access log": (it) =>
    `[2026-11-23T00:29:20.123Z] "GET / HTTP/1.1" 200 - 0 615 1 0 "-" "${it}" "id" "x" "10.42.0.9:80"`,
  "Caddy's access log": (it) =>
    JSON.stringify({
      level: 'info',
      ts: 1764000000.1,
      logger: 'http.log.access',
      msg: 'handled request',
      request: { uri: '/', headers: { 'User-Agent': [it] } },
    }),
  "Traefik's access log": (it) =>
    JSON.stringify({
      RequestPath: '/',
      'request_User-Agent': it,
      level: 'info',
      msg: '',
      time: '2026-11-23T00:29:20Z',
    }),
  'JSON inside of JSON': (it) =>
    JSON.stringify({
      level: 'info',
      user_agent: JSON.stringify({ error_severity: 'PANIC', message: it, msg: it, level: 'fatal' }),
      msg: 'request',
    }),
  'JSON inside of a message': (it) =>
    JSON.stringify({
      level: 'info',
      msg: `got ${JSON.stringify({ error_severity: 'PANIC', message: `x: ${it}` })}`,
    }),
  'JSON that is none': (it) => `{"level":"info","error_severity":"PANIC","message":"${it}`,
  'a field of logfmt': (it) =>
    `time="2026-11-23T00:29:20Z" level=info msg=request user_agent=${JSON.stringify(`x" err="${it}`)} path=/`,
  'a field of klog': (it) =>
    `I1123 00:00:00.123456       1 httplog.go:132] "HTTP" verb="GET" URI="/" userAgent=${JSON.stringify(`x: ${it}`)} srcIP="10.42.0.1:1"`,
  'a user of PostgreSQL': (it) => pg(`FATAL:  password authentication failed for user "x": ${it}"`),
  'a user with a label': (it) => pg(`FATAL:  role "LOG:  ${it}" does not exist`),
  "a user in PostgreSQL's prefix": (it) =>
    `2026-11-23 00:31:07.643 UTC [31] x PANIC:  ${it}@shop FATAL:  password authentication failed for user "x"`,
  "the very user in PostgreSQL's prefix": (it) =>
    `2026-11-23 00:31:07.643 UTC [31] LOG:  ${it}@shop FATAL:  password authentication failed for user "x"`,
  "a user in PostgreSQL's prefix, of pgBadger's form": (it) =>
    `2026-11-23 00:31:07 UTC [31]: [1-1] user=x: ${it},db=shop,app=[unknown],client=10.42.0.7 LOG:  connection authorized`,
  'a statement that failed': (it) => pg(`STATEMENT:  select 'PANIC:  ${it}'`),
  'a statement that is logged': (it) => pg(`LOG:  statement: select 1 -- ${it}`),
  'the second line of a statement': (it) => `\tPANIC:  ${it}`,
  'a database': (it) => pg(`FATAL:  database "${it}" does not exist`),
  'a user in a CSV log': (it) =>
    `2026-11-23 00:31:07.643 UTC,"x,,0,PANIC,XX000,""${it}""","shop",31,"10.42.0.7:5",5e721b4e.1b,1,"authentication",2026-11-23 00:31:07 UTC,3/2,0,FATAL,28P01,"password authentication failed for user ""x""",,,,,,,,,"","client backend"`,
  'a user in a JSON log': (it) =>
    JSON.stringify({
      timestamp: '2026-11-23 00:31:07.643 UTC',
      user: `x","error_severity":"PANIC","message":"${it}`,
      error_severity: 'FATAL',
      message: `role "x" ${it}" does not exist`,
    }),
  'a user of MySQL': (it) =>
    `2026-11-23T00:31:07.643123Z 12 [Warning] [MY-010056] [Server] Access denied for user '${it}': ${it}'@'10.42.0.7' (using password: YES)`,
  'a client of pgbouncer': (it) =>
    `2026-11-23 00:31:07.643 UTC [1] LOG C-0x55d: shop/x PANIC:  ${it}@10.42.0.7:42 login attempt: db=shop user=x tls=no`,
  'the name of a query': (it) =>
    `[INFO] 10.42.0.9:51311 - 2 "A IN ${it}. udp 41 false 512" NXDOMAIN qr,aa,rd 106 0.0001s`,
}

/** Each expression as a text, with something in place of what is open. */
const texts = patterns.flatMap((it) =>
  [...it.find, ...(it.over ?? [])].map((text) => text.replaceAll('*', '7')),
)

t.test('what came from outside decides nothing, whatever a program writes of it', async (t) => {
  const said = [...texts, 'PANIC:  could not locate a valid checkpoint record', 'No space left on device: x']
  for (const [where, line] of Object.entries(around)) {
    const lines = said.flatMap((it) => [line(it), line(`x: ${it}`), line(pg(`LOG:  ${it}`))])
    t.strictSame(
      lines.filter((it) => scanned(it).length > 0),
      [],
      `${where}: ${lines.length} lines`,
    )
  }
})

t.test('only the whole message says that it is over', async (t) => {
  const over = (text: string) => scanned(text).flatMap((it) => (it.over ? [it.name] : []))
  const ready = 'database system is ready to accept connections'
  const its = ['postgres-wal', 'postgres-panic', 'postgres-startup']
  t.strictSame(over(pg(`LOG:  ${ready}`)), its)
  t.strictSame(over(`{"error_severity":"LOG","message":"${ready}"}`), its)
  t.strictSame(over(pg(`LOG:  ${ready}, says x`)), [])
  t.strictSame(over(pg(`LOG:  x ${ready}`)), [])
  t.strictSame(over(ready), [])
  t.strictSame(over(`LOG:  ${ready}`), its, 'with an empty prefix')
  t.strictSame(over(`x LOG:  ${ready}`), [])
  for (const line of [
    "2026-11-23T00:31:07.643123Z 0 [System] [MY-010931] [Server] /usr/sbin/mysqld: ready for connections. Version: '8.0.36'  socket: '/var/run/mysqld/mysqld.sock'  port: 3306  MySQL Community Server - GPL.",
    '2026-11-23  0:31:07 0 [Note] mariadbd: ready for connections.',
  ])
    t.strictSame(over(line), ['mysql-corrupt'], line)
  t.strictSame(
    over(
      "2026-11-23T00:31:07.643123Z 12 [Note] [MY-010] [Server] Access denied for user 'ready for connections'",
    ),
    [],
  )
})

t.test("in Docker's form too, and never from the middle of a line", async (t) => {
  const panic = pg('PANIC:  could not locate a valid checkpoint record')
  const raw = (text: string) => scan(all, Buffer.from(`${text}\n`)).found.map((it) => it.name)
  t.ok(
    raw(JSON.stringify({ log: `${panic}\n`, stream: 'stderr', time: '2026-11-23T00:31:08Z' })).includes(
      'postgres-wal',
    ),
  )
  t.strictSame(raw(panic), [])
  t.strictSame(raw(JSON.stringify({ log: { message: panic }, stream: 'stderr' })), [])
})

t.test(
  'expressions: the whole of a message, or an error from where it begins to where it ends',
  async (t) => {
    const whole = (text: string, expression: string) => isWhole(text, expressionOf(expression))
    t.ok(whole('torn page 7', 'torn page *'))
    t.notOk(whole('a torn page 7', 'torn page *'))
    t.ok(whole('a torn page 7', '*torn page *'))
    t.notOk(whole('torn page 7 of 8', 'torn page 7'))
    t.ok(whole('aXbXb', 'a*b'), 'the last word is at the end')
    t.notOk(whole('ab', 'ab*b'), 'no letter counts twice')
    t.ok(whole('anything', '*'))
    const part = (text: string, expression = 'No space left') =>
      fits({ part: true, texts: [text] }, expressionOf(expression))
    for (const text of [
      'No space left',
      ' No space left',
      'cp: No space left',
      '[28] No space left',
      '(No space left)',
      'cp: No space left (28)',
      'x: No space left (os error 28)',
      'x: No space left, write',
      "x: No space left: '\0\0\0'",
      'x (28: No space left) while reading upstream',
      'x: No space left; retrying in 5ms',
      'x: No space left\n    at y',
    ])
      t.ok(part(text), text)
    for (const text of [
      'I like No space left',
      `${' '.repeat(20)}so${' '.repeat(20)}No space left`,
      'No space left on x',
      'user x: No space left from 10.0.0.1 port 5',
      'x=No space left',
      'x->No space left',
    ])
      t.notOk(part(text), text)
  },
)

t.test('no line costs more than its length', async (t) => {
  const cost = (length: number) => {
    const lines = [
      'No space left on device ',
      '"',
      "'",
      'LOG:  x ',
      ' a=',
      'PANIC:  ',
      '{"msg":',
      '\\"',
      '@x ',
      ' x_=',
    ]
      .map((it) => `2026-11-23 00:31:07 UTC ${it.repeat(length / it.length)}No space left on device`)
      .concat(`{"msg":${JSON.stringify('No space left on device '.repeat(length / 24))}}`)
    const begun = performance.now()
    for (const line of lines) scanned(line)
    return performance.now() - begun
  }
  cost(20_000)
  const [short, long] = [cost(20_000), cost(200_000)]
  t.ok(long < 60 * short + 100, `${short.toFixed(1)} ms, ten times as long ${long.toFixed(1)} ms`)
})
