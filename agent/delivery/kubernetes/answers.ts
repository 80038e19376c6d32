import type { Reply } from '../../model/index.ts'
import { line } from '../../text/sanitize.ts'
import { minute, second } from '../../text/times.ts'
import { longestWait, retryAfter, within } from '../retry.ts'

/**
 * What an answer means for a request. `exists`: an event of that name is there; `absent`: what it is about is not;
 * `invalid`: refused for what it says; `refused`: for who asks, so that asking again soon changes nothing; `again`: later,
 * not before `wait` ms.
 */
export type Meaning =
  | { readonly kind: 'done' }
  | { readonly kind: 'exists' | 'absent' | 'invalid' | 'refused'; readonly why: string }
  | { readonly kind: 'again'; readonly why: string; readonly wait?: number }

/** Characters of the API server's own sentence that are shown. */
const shownOf = 300

/**
 * By the status, and by the `Status` object that comes with each refusal (k8s: apimachinery meta/v1): 401 certificate not
 * accepted, 403 refused by authorizer or admission, 404 no such Node or event, 409 AlreadyExists or Conflict, 422
 * invalid, 429 too many (with Retry-After), 503 while k3s starts. Redirects are not followed.
 */
export function meaningOf(reply: Reply, now: number): Meaning {
  const { status } = reply
  const { reason, message } = statusIn(reply.body)
  const why = line(`the API answered ${status}${message && `: ${message}`}`, shownOf)
  if (status >= 200 && status < 300) return { kind: 'done' }
  if (status === 404) return { kind: 'absent', why }
  if (status === 409) return reason === 'AlreadyExists' ? { kind: 'exists', why } : { kind: 'again', why }
  if (status === 429 || status >= 500) {
    const wait = retryAfter(reply, now)
    return { kind: 'again', why, ...(wait !== undefined && { wait: within(wait) }) }
  }
  return { kind: status === 401 || status === 403 ? 'refused' : 'invalid', why }
}

function statusIn(body: string): { readonly reason: string; readonly message: string } {
  try {
    const { reason, message } = (JSON.parse(body) ?? {}) as Record<string, unknown>
    return {
      reason: typeof reason === 'string' ? reason : '',
      message: typeof message === 'string' ? message : '',
    }
  } catch {
    return { reason: '', message: '' }
  }
}

export type Trouble = Exclude<Meaning, { kind: 'done' | 'exists' }>

const firstPause = 5 * second
const longestPause = 5 * minute
/** k3s answers 403 for a moment of each start, before its roles are there. */
const firstRefusal = 30 * second

/** How long to wait after so many failed tries in a row, ms: half of it by chance. `random` is in [0, 1). */
export function pauseAfter(tries: number, it: Trouble, random: number): number {
  const isRefused = it.kind === 'refused' || it.kind === 'invalid'
  const [first, longest] = isRefused ? [firstRefusal, longestWait] : [firstPause, longestPause]
  const full = Math.min(longest, first * 2 ** Math.min(30, Math.max(0, tries - 1)))
  const asked = it.kind === 'again' ? (it.wait ?? 0) : 0
  return Math.max(asked, Math.floor(full * (0.5 + random / 2)))
}
