import { fieldsOf, objectOf, ownOf } from './fields.ts'
import { fromPostgres, postgres } from './postgres.ts'

/** The time in access logs of web servers (Common Log Format), whose lines hold what clients sent. */
const accessLog = /\[\d{1,2}\/[A-Z][a-z]{2}\/\d{4}[: ]/
/** What a client asked for: `GET /path`. */
const request = /\b(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE|PROPFIND) (?:\/|https?:)/
/** The last message of the C++ runtime; the name of the error is in quotes (libsupc++, vterminate.cc). */
const thrown = /^terminate called after throwing an instance of '([\w:]{1,100})'$/
/** After this, nginx and Apache print what the client sent (ngx_http_log_error_handler; ErrorLogFormat). */
const client = /, (?:client|referer|referrer|request): /

/** Below these severities PostgreSQL may be logging a statement. */
const grave = new Set(['WARNING', 'ERROR', 'FATAL', 'PANIC'])

/**
 * The own words of any program: the message and the errors of a line of fields, or the text of another line. A line
 * that begins with a tab continues the one before, as in PostgreSQL's statements.
 */
export function anyText(line: string): readonly string[] {
  const said = postgres(line)
  if (said) return grave.has(said.level) ? [said.text] : []
  const fields = fieldsOf(line)
  if (fields) return fields
  // PostgreSQL's prefix holds names unescaped, so lines that may be its own are left out.
  if (fromPostgres(line) || accessLog.test(line) || line.startsWith('\t')) return []
  const [, name] = thrown.exec(line) ?? []
  if (name !== undefined) return [name]
  const behind = line.endsWith('}') ? line.search(/[\t ]\{"/) : -1
  const more = behind < 0 ? undefined : objectOf(line.slice(behind + 1))
  // zap's console form: a message, a tab, and fields in JSON.
  if (more) return [line.slice(0, behind), ...ownOf(more)]
  const own = line.slice(0, client.exec(line)?.index)
  return request.test(own) ? [] : [own]
}
