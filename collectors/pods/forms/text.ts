import { fieldsOf, objectOf, ownOf } from './fields.ts'
import { fromPostgres, postgres } from './postgres.ts'

/** The time in the access logs of web servers (Common Log Format), whose lines are what clients say. */
const accessLog = /\[\d{1,2}\/[A-Z][a-z]{2}\/\d{4}[: ]/
/** What a client asked for: `GET /path`. */
const request = /\b(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE|PROPFIND) (?:\/|https?:)/
/** What the runtime of C++ says at the end; the name of the error stands in quotes (libsupc++, vterminate.cc). */
const thrown = /^terminate called after throwing an instance of '([\w:]{1,100})'$/
/** Where nginx and Apache go on with what the client sent (ngx_http_log_error_handler; ErrorLogFormat). */
const client = /, (?:client|referer|referrer|request): /

/** What PostgreSQL says at a lower level may be a statement that it was told to log. */
const grave = new Set(['WARNING', 'ERROR', 'FATAL', 'PANIC'])

/**
 * What any program says: the message and the errors of a line of fields, or the text of one without. A line
 * that begins with a tab goes on with the one before, as PostgreSQL's statements do.
 */
export function anyText(line: string): readonly string[] {
  const said = postgres(line)
  if (said) return grave.has(said.level) ? [said.text] : []
  const fields = fieldsOf(line)
  if (fields) return fields
  // Names stand in PostgreSQL's prefix as they are.
  if (fromPostgres(line) || accessLog.test(line) || line.startsWith('\t')) return []
  const [, name] = thrown.exec(line) ?? []
  if (name !== undefined) return [name]
  const behind = line.endsWith('}') ? line.search(/[\t ]\{"/) : -1
  const more = behind < 0 ? undefined : objectOf(line.slice(behind + 1))
  // zap's console form: a message, and fields in JSON behind a tab.
  if (more) return [line.slice(0, behind), ...ownOf(more)]
  const own = line.slice(0, client.exec(line)?.index)
  return request.test(own) ? [] : [own]
}
