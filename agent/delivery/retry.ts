import type { Reading, Reply } from '../model/index.ts'
import { hour, minute } from '../text/times.ts'

/** The longest wait a server may ask for, ms. After that the notice is tried again, and it may ask again. */
export const longestWait = hour

/** How long after a refusal that notice is tried again, or an address that is gone, ms. */
export const aside = longestWait

/** A notice that was refused for what it says. */
export interface Refusal {
  readonly since: number
  readonly at: number
  readonly why: string
  readonly tries: number
}

/** The same as a sink's state shows it. */
export const troubleOf = ({ since, why, tries, at }: Refusal) => ({ since, why, tries, next: at + aside })

/** A server's time in ms, bounded to 0 … `longestWait`. */
export const within = (ms: number): number => (ms > 0 ? Math.min(Math.ceil(ms), longestWait) : 0)

/**
 * Statuses that are about this letter alone (RFC 9110, 15.5; RFC 6585): the next one may be accepted, and waiting
 * changes nothing. 501 does not change either (Vector agrees: src/sinks/util/http.rs).
 */
const ofLetter = new Set([400, 405, 406, 409, 411, 413, 414, 415, 417, 422, 428, 431, 501])

/**
 * What a reply means by HTTP's own rules, where the sink does not know better. All statuses but `ofLetter` are worth
 * another try: a gateway may answer 401, 403 or 404 while the service behind it starts. Redirects are never followed:
 * a webhook's address is a secret, which must not be sent to another server.
 */
export function readReply(reply: Reply, now: number): Reading {
  const { status } = reply
  if (status >= 200 && status < 300) return { outcome: 'accepted' }
  if (ofLetter.has(status)) return { outcome: 'refused', why: `answered ${status}` }
  const wait = retryAfter(reply, now)
  const redirect = status >= 300 && status < 400
  const why = `answered ${status}${redirect ? ', a redirect: give the address it leads to' : ''}`
  return { outcome: 'again', why, ...(wait !== undefined && { wait }) }
}

/** The wait that `Retry-After` asks for, ms, unbounded (RFC 9110, 10.2.3: seconds, or a date by the server's clock). */
export function retryAfter({ headers }: Reply, now: number): number | undefined {
  const { 'retry-after': value = '', date = '' } = headers
  if (/^\d{1,12}(\.\d{1,9})?$/.test(value)) return Math.ceil(Number(value) * 1000)
  // Date.parse takes almost anything; an HTTP date begins with the day of the week.
  if (value.length > 40 || !/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(value)) return undefined
  const until = Date.parse(value)
  const server = Date.parse(date)
  return Number.isNaN(until) ? undefined : Math.max(0, until - (Number.isNaN(server) ? now : server))
}

/** How long to pause in ms after an accepted letter, unbounded: Discord announces a rate limit before it refuses. */
export function rest({ headers }: Reply): number {
  if (headers['x-ratelimit-remaining'] !== '0') return 0
  const seconds = Number(headers['x-ratelimit-reset-after'])
  return Number.isFinite(seconds) && seconds > 0 ? Math.ceil(seconds * 1000) : 0
}

const base = 1000
const cap = 5 * minute

/**
 * The pause in ms before the next try after `tries` failed ones: full jitter, so that many nodes that lost
 * the same service do not come back at once. `random` is in [0, 1).
 */
export function backoff(tries: number, random: number): number {
  return Math.floor(random * Math.min(cap, base * 2 ** Math.max(0, tries - 1)))
}

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection',
  ECONNRESET: 'dropped the connection',
  EPIPE: 'dropped the connection',
  UND_ERR_SOCKET: 'dropped the connection',
  UND_ERR_CONNECT_TIMEOUT: 'could not be reached in time',
  ETIMEDOUT: 'could not be reached in time',
  // Of a proxy that is asked for a way through it: whoever has the request is given less time than undici gives.
  UND_ERR_HEADERS_TIMEOUT: 'cannot be reached: the proxy opened no connection in time',
  EHOSTUNREACH: 'cannot be reached: no route',
  ENETUNREACH: 'cannot be reached: no route',
  EACCES: 'cannot be reached: this node forbids it, perhaps its firewall',
  EPERM: 'cannot be reached: this node forbids it, perhaps its firewall',
  ENOTFOUND: 'has no address: the name was not found',
  EAI_AGAIN: 'has no address: name resolution does not answer',
  TimeoutError: 'did not answer in time',
  AbortError: 'was given up: the agent is stopping',
  UND_ERR_ABORTED: 'was given up: the agent is stopping',
  ERR_SSL_WRONG_VERSION_NUMBER: 'does not speak TLS there: the port, or the s in front of ://, is wrong',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'does not speak TLS there: the port, or the s in front of ://, is wrong',
  EPROTOCOL: 'does not answer as a mail server does: the port, or what is in front of ://, is wrong',
  CERT_HAS_EXPIRED: 'shows an expired certificate',
  ERR_TLS_CERT_ALTNAME_INVALID: 'shows a certificate for another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'shows a certificate this node does not trust',
  SELF_SIGNED_CERT_IN_CHAIN: 'shows a certificate this node does not trust',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'shows a certificate this node does not trust',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'shows a certificate this node does not trust',
}

/** Error codes after which the request may already have arrived. */
const afterwards = new Set([
  'ECONNRESET',
  'EPIPE',
  'UND_ERR_SOCKET',
  'UND_ERR_HEADERS_OVERFLOW',
  'UND_ERR_BODY_TIMEOUT',
  'TimeoutError',
])
/** What an answer is that no HTTP parser takes (llhttp): whoever gave it had the request. */
const unreadable = /^HPE_/

/** An error instead of a reply: always worth another try. Its own message is not used, as it may hold the address. */
export function readError(error: unknown): Extract<Reading, { outcome: 'again' }> {
  const code = codeOf(error, 4)
  const why = words[code] ?? (code ? `failed (${code})` : 'failed')
  return {
    outcome: 'again',
    why,
    ...((afterwards.has(code) || unreadable.test(code)) && { unconfirmed: true }),
  }
}

/** The code of an error, of its `cause`, or of the errors it aggregates: preferably one that `words` has. */
function codeOf(error: unknown, depth: number): string {
  if (typeof error !== 'object' || error === null || depth === 0) return ''
  const { code, name, cause, errors } = error as Record<'code' | 'name' | 'cause' | 'errors', unknown>
  const own = [code, name].find((it) => typeof it === 'string' && it in words)
  if (typeof own === 'string') return own
  const inner = [cause, ...(Array.isArray(errors) ? errors.slice(0, 8) : [])].map((it) =>
    codeOf(it, depth - 1),
  )
  const fallback = typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? code : ''
  return inner.find((it) => it in words) ?? (fallback || (inner.find(Boolean) ?? ''))
}
