import type { Reading, Reply } from '../model/index.ts'
import { hour, minute } from '../text/times.ts'

/** No server is waited for longer, ms, whatever it says: then what is due is sent, and it may say so again. */
export const longestWait = hour

/** A time in ms as a server gave it, as one to go by: from none to `longestWait`. */
export const within = (ms: number): number => (ms > 0 ? Math.min(Math.ceil(ms), longestWait) : 0)

/**
 * What is said of this letter alone (RFC 9110, 15.5; RFC 6585): the next one may be taken, and waiting changes nothing.
 * 501 stays what it is, too (as for Vector, src/sinks/util/http.rs).
 */
const ofLetter = new Set([400, 405, 406, 409, 411, 413, 414, 415, 417, 422, 428, 431, 501])

/**
 * What a reply means by HTTP's own rules, where the sink has no better idea. All but what is said of the letter is worth
 * another try: a 401, 403 or 404 for a minute is what a gateway says while what is behind it starts. Redirects are
 * never followed: a webhook's address is a secret, and not for the place it is sent on to.
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

/** How long to wait in ms as `Retry-After` says (RFC 9110, 10.2.3: seconds, or a date by the server's clock), without a bound. */
export function retryAfter({ headers }: Reply, now: number): number | undefined {
  const { 'retry-after': value = '', date = '' } = headers
  if (/^\d{1,12}(\.\d{1,9})?$/.test(value)) return Math.ceil(Number(value) * 1000)
  // Date.parse takes almost anything; an HTTP date begins with the day of the week.
  if (value.length > 40 || !/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(value)) return undefined
  const until = Date.parse(value)
  const server = Date.parse(date)
  return Number.isNaN(until) ? undefined : Math.max(0, until - (Number.isNaN(server) ? now : server))
}

/** How long to rest in ms after a letter that was taken, without a bound: Discord says so before it has to refuse one. */
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
  EHOSTUNREACH: 'cannot be reached: no route',
  ENETUNREACH: 'cannot be reached: no route',
  EACCES: 'cannot be reached: this node forbids it, perhaps its firewall',
  EPERM: 'cannot be reached: this node forbids it, perhaps its firewall',
  ENOTFOUND: 'has no address: the name was not found',
  EAI_AGAIN: 'has no address: name resolution does not answer',
  TimeoutError: 'did not answer in time',
  AbortError: 'was given up: the agent is stopping',
  UND_ERR_ABORTED: 'was given up: the agent is stopping',
  CERT_HAS_EXPIRED: 'shows an expired certificate',
  ERR_TLS_CERT_ALTNAME_INVALID: 'shows a certificate for another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'shows a certificate this node does not trust',
  SELF_SIGNED_CERT_IN_CHAIN: 'shows a certificate this node does not trust',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'shows a certificate this node does not trust',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'shows a certificate this node does not trust',
}

/** What ends a request that has left already. */
const afterwards = new Set([
  'ECONNRESET',
  'EPIPE',
  'UND_ERR_SOCKET',
  'UND_ERR_HEADERS_TIMEOUT',
  'TimeoutError',
])

/** An error in place of a reply: always worth another try. Says nothing of the error's own message, which may hold the address. */
export function readError(error: unknown): Reading {
  const code = codeOf(error, 4)
  const why = words[code] ?? (code ? `failed (${code})` : 'failed')
  return { outcome: 'again', why, ...(afterwards.has(code) && { unconfirmed: true }) }
}

/** The first code known here, or else any, of an error, of what caused it, or of what it gathers. */
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
