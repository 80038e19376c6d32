import { objectOf, wordsOfLogfmt } from './fields.ts'
import type { Message } from './postgres.ts'

/**
 * The time in three forms: `2026-11-23T00:00:00.123456Z`, `2026-11-23  0:00:00` (MariaDB), `261123  0:00:00` (MariaDB
 * 5).
 */
const mysqlLine =
  /^(?:\d{4}-\d\d-\d\d|\d{6})(?:T| {1,2})\d{1,2}:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)? +(?:\d+ +|0x[0-9a-f]+ +)?\[(System|Note|Warning|ERROR)\] (?:\[MY-\d{6}\] )?(?:\[\w{1,20}\] )?(.*)$/s
/** An error of the client program `mysql` (client/mysql.cc, com_err): `ERROR 1040 (HY000): Too many connections`. */
const mysqlClient = /^(ERROR \d{4}) \(\w{5}\)(?: at line \d+)?: (.*)$/s

/**
 * Parses a line of the error log of MySQL or MariaDB (sql/log.cc, components/logging/log_sink_json.cc), without the
 * `InnoDB: ` that only some versions print first.
 */
export function mysql(line: string): Message | undefined {
  if (line.startsWith('{')) {
    const { err_code, label, msg } = objectOf(line) ?? {}
    return typeof err_code === 'number' && typeof label === 'string' && typeof msg === 'string'
      ? { level: label, text: bare(msg) }
      : undefined
  }
  const [, level, text] = mysqlLine.exec(line) ?? []
  if (level && text !== undefined) return { level, text: bare(text) }
  const [, code, said] = mysqlClient.exec(line) ?? []
  return code && said !== undefined ? { level: code, text: said } : undefined
}

const bare = (text: string) => (text.startsWith('InnoDB: ') ? text.slice(8) : text)

/** `1:M 23 Nov 2026 00:00:00.000 # text` (server.c, serverLogRaw); before version 3 `[1] 23 Nov 00:00:00.000 # text` */
const redisLine =
  /^(?:\d{1,10}:[XCSM]|\[\d{1,10}\]) \d\d [A-Z][a-z]{2} (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d{3})? ([.*#-]) (.*)$/s

/** Parses a line of Redis or Valkey; Valkey can be set to `pid=1 role=master timestamp=… level=warning message="…"`. */
export function redis(line: string): Message | undefined {
  const [, level, text] = redisLine.exec(line) ?? []
  if (level && text !== undefined) return { level, text }
  if (!line.startsWith('pid=')) return undefined
  const said = wordsOfLogfmt(line)
  const message = said.get('message')
  return said.has('role') && message !== undefined
    ? { level: said.get('level') ?? '', text: message }
    : undefined
}
