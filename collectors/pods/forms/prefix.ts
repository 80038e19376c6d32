/**
 * What `log_line_prefix` prints (PostgreSQL, elog.c, log_status_format). It can be set to anything; these are the parts
 * that distributions, images and providers use. Names of users, databases and applications are printed unescaped.
 */

/** `%m`, `%t`, `%s`: `2026-11-23 00:31:07.643 UTC`; `%n`: `1764000000.012`. */
const time =
  /(?<![\d.])(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{3})? (?:[A-Z]{1,5}|[+-]\d\d(?::?\d\d)?)|\d{10}\.\d{3})(?!\d)/
/** Whether a line begins with the time, as nearly all prefixes do. */
export const beginsWithTime = (line: string) => time.exec(line.slice(0, 40))?.index === 0

/** Syslog's header, with PostgreSQL's numbers of message and part: `Nov 23 00:00:00 db-0 postgres[31]: [1-1] `. */
const syslog = /^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d [\w.-]{1,64} postgres\[\d{1,10}\]: (?:\[\d+-\d+\] )?/

/** What may precede the time: a pid, a client address (`%h`, `%r`), a sign. No names. */
const first = /^(?:[<[]? ?|\[?\d{1,10}\]?:? |(?:\[local\]|localhost|[\da-f.:]{2,45})(?:\(\d{1,5}\))? )$/

/**
 * The beginning of a line with all digits replaced by 0: the same in all lines of one server. Empty where it tells
 * nothing.
 */
export function beginningOf(line: string): string {
  if (line.startsWith('{')) return 'json'
  const begun = time.exec(line.slice(0, 100))
  if (!begun || !(first.test(line.slice(0, begun.index)) || syslog.test(line))) return ''
  const end = begun.index + begun[0].length
  const behind = /^(?:[,:]| ?[>\]]| \[\d{1,10}\]:?)/.exec(line.slice(end))?.[0] ?? ''
  return `${line.slice(0, end)}${behind}`.replace(/\d+/g, '0')
}

/** The values of `%b` (miscinit.c, GetBackendTypeDesc). */
const backend =
  /(?:not initialized|archiver|autovacuum launcher|autovacuum worker|client backend|background worker|background writer|checkpointer|logger|parallel worker|logical replication (?:launcher|worker)|startup|walreceiver|walsender|walwriter|slotsync worker|standalone backend|postmaster|io worker)/g

/** Words that hold no name: in brackets, a session, an SQLSTATE, numbers, signs, and `key=` without a value. */
const bare = [
  /^\[[^\][]*\][:,]?$/,
  /^[0-9a-f]{6,8}\.[0-9a-f]{1,8}$/,
  /^(?=.*\d)[0-9A-Z]{5}$/,
  /^[\d./:()-]+$/,
  /^[:|,=<>@\]-]+$/,
  /^-?\[\d{1,10}\]:?$/,
  /^(?:pid|l|line|sess|session|xid)=[\w.]*,?$/,
  /^@?,?(?:[a-z_]{1,12}=,?)+$/,
]
/** Words whose form shows that they hold names: `user@db`, `user=a,db=b`. */
const named = [
  /^(?:\[unknown\]|[\w.-]*)@(?:\[unknown\]|[\w./-]*)(?:,app=[\w.[\]-]*)?$/,
  /^(?:[a-z_]{1,12}=[^\s=,]*(?:,|$))+$/,
]
const pid = /(?:^|[ =[])\d{1,10}(?:[\]: ,-]|$)/
const session = /(?:^|[ [(=])[0-9a-f]{8}\.[0-9a-f]{1,8}(?:[ \]),-]|$)/
/** How many bare words may be names; an application's name often has two or more words. */
const mostNames = 6

/** A prefix without time: empty, the default until version 9.6, or a pid. */
const withoutTime = /^(?:\[?\d{1,10}\]?:? )?$/

/**
 * The kind of a prefix: `plain` without names from outside, `named` with such names; undefined for text that is no
 * prefix.
 */
export function prefixOf(prefix: string): 'plain' | 'named' | undefined {
  const its = syslog.exec(prefix)?.[0] ?? ''
  const own = prefix.slice(its.length)
  const begun = time.exec(own)
  if (!begun)
    return its !== '' && own.trim() ? kindOf(` ${own}`, false) : withoutTime.test(own) ? 'plain' : undefined
  if (!first.test(own.slice(0, begun.index))) return undefined
  const rest = own.slice(begun.index + begun[0].length)
  // Amazon RDS: `%t:%r:%u@%d:[%p]:`.
  const amazon = /^:[\w.()[\]-]*:([\w[\]-]*@[\w[\]-]*):\[\d+\]:$/.exec(rest)
  if (amazon) return amazon[1] === '@' ? 'plain' : 'named'
  return kindOf(rest)
}

/** The kind of the rest of a prefix, after the time. */
function kindOf(rest: string, timed = true): 'plain' | 'named' | undefined {
  const unknown = (text: string) =>
    text.split(' ').filter((word) => word !== '' && !bare.some((part) => part.test(word)))
  const words = unknown(rest).length > 0 ? unknown(rest.replace(backend, '-')) : []
  if (words.length === 0) return 'plain'
  const free = words.filter((word) => !named.some((part) => part.test(word)))
  if (free.length === 0) return 'named'
  // Bare words count as names only beside a pid and a session or `key=`, or if they are exactly two: `%t %d %u`.
  if (free.length <= mostNames && pid.test(rest) && (session.test(rest) || / \w+=/.test(rest))) return 'named'
  return timed && /^ [\w-]{1,63} [\w-]{1,63} $/.test(rest) ? 'named' : undefined
}
