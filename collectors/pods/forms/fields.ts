/**
 * Lines made of fields, and which fields are the program's own words: its message and its errors. The other fields
 * (addresses, paths, User-Agents, names) hold text from outside.
 */

type Fields = Readonly<Record<string, unknown>>

/** An object, from a value or from JSON text; undefined for anything else. */
export function objectOf(it: unknown): Fields | undefined {
  try {
    const value: unknown = typeof it === 'string' ? JSON.parse(it) : it
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Fields)
      : undefined
  } catch {
    return undefined
  }
}

/**
 * Field names under which loggers store the program's own words (zap, logrus, klog, pino, bunyan, logback, structlog,
 * ECS, PostgreSQL).
 */
const own = [
  'msg',
  'message',
  'error',
  'err',
  'exception',
  'stack',
  'stack_trace',
  'stacktrace',
  'errorVerbose',
]

/** klog (klog/v2, severity.go and buffer.go): `E1123 00:00:00.000000       1 kubelet.go:2412] `. */
const klog = /^[IWEF]\d{4} \d\d:\d\d:\d\d\.\d{6} +\d+ [\w.\-/]{1,200}:\d+\] (.*)$/s
/** etcd before version 3.5 (capnslog): `2020-11-23 00:00:00.123456 W | etcdserver: `. */
const capnslog = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} [CEWNID] \| (.*)$/s
/** A line that begins with one of these fields is logfmt (logrus, containerd, slog). */
const logfmt = /^(?:time|ts|t|level|lvl|pid|timestamp)=/

/** The program's own words in a line in JSON, logfmt or the forms of Kubernetes' parts; undefined for other forms. */
export function fieldsOf(line: string): readonly string[] | undefined {
  if (line.startsWith('{')) return ownOf(objectOf(line))
  const [, said] = klog.exec(line) ?? []
  if (said !== undefined) return fromKlog(said)
  const [, older] = capnslog.exec(line) ?? []
  if (older !== undefined) return [older]
  return logfmt.test(line) ? ownFields(wordsOfLogfmt(line)) : undefined
}

/** A position in Go source: `etcdserver/server.go:2093`. */
const inGo = /^[\w./-]{1,200}\.go:\d{1,6}$/

/**
 * Messages and errors of a line in a form that only etcd (zap, before that capnslog), kine and containerd (logrus) and
 * the parts of Kubernetes (klog) use. In other programs the field of an error may hold any text from outside.
 */
export function ofKubernetes(line: string): readonly string[] {
  if (line.startsWith('{')) {
    const it = objectOf(line)
    return typeof it?.caller === 'string' && inGo.test(it.caller) ? ownOf(it) : []
  }
  const [, older] = capnslog.exec(line) ?? []
  // The part of the program comes first: `etcdserver: `.
  if (older !== undefined) return [older, older.replace(/^[\w/-]{1,40}: /, '')]
  return klog.test(line) || line.startsWith('time="') ? (fieldsOf(line) ?? []) : []
}

/** The program's own words among the fields of an object. */
export function ownOf(it: Fields | undefined, inner = true): string[] {
  if (!it) return []
  return own.flatMap((name) => {
    const value = it[name]
    if (typeof value === 'string') return [value]
    return inner ? ownOf(objectOf(typeof value === 'string' ? undefined : value), false) : []
  })
}

const ownFields = (said: ReadonlyMap<string, string> | undefined) =>
  own.flatMap((name) => said?.get(name) ?? [])

/** `"message" err="…" pod="…"`, or a text. */
function fromKlog(said: string): string[] {
  if (!said.startsWith('"')) return [said]
  const end = endOfQuoted(said, 0)
  const fields = wordsOfLogfmt(said.slice(end).trimStart())
  return [unquoted(said.slice(0, end)), ...ownFields(fields)]
}

/** More fields than any program writes. */
const mostFields = 100

/** The fields of `a=b c="d e"`; of equal names the first counts. */
export function wordsOfLogfmt(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  let at = 0
  for (let count = 0; count < mostFields && at < text.length; count += 1) {
    const equals = text.indexOf('=', at)
    if (equals < 0) break
    const quoted = text[equals + 1] === '"'
    const space = quoted ? endOfQuoted(text, equals + 1) : text.indexOf(' ', equals)
    const end = space < 0 ? text.length : space
    const name = text.slice(text.lastIndexOf(' ', equals) + 1, equals)
    const value = text.slice(equals + 1, end)
    if (!found.has(name)) found.set(name, quoted ? unquoted(value) : value)
    at = end + 1
  }
  return found
}

/** The position after the closing quote of the text that begins at `from`; the end of the text where there is none. */
function endOfQuoted(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1
    else if (text[at] === '"') return at + 1
  }
  return text.length
}

/** Go escapes like JSON, except for a few characters that occur in no pattern (strconv.Quote). */
const unquoted = (text: string) =>
  text.slice(1, text.endsWith('"') ? -1 : undefined).replace(/\\(["\\])/g, '$1')
