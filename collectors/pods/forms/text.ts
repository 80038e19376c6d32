import { fieldsOf } from './fields.ts'
import { fromPostgres, postgres } from './postgres.ts'

/** The time in the access logs of web servers (Common Log Format), whose lines are what clients say. */
const accessLog = /\[\d{1,2}\/[A-Z][a-z]{2}\/\d{4}[: ]/
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
  const cut = client.exec(line)?.index
  return [cut === undefined ? line : line.slice(0, cut)]
}
