import type { HeartbeatKind } from '../../model/index.ts'

/**
 * An external endpoint of Gatus (api/external_endpoint.go): a failure counts at once, so nothing is said when the agent
 * starts or stops. Its `heartbeat.interval` has to be longer than the period here.
 */
export const gatus: HeartbeatKind = {
  name: 'gatus',
  letter({ kind, fails, took, text }, settings) {
    if (kind === 'start' || kind === 'stop') return undefined
    const url = new URL(settings.url)
    url.search = String(
      new URLSearchParams({
        success: String(!fails),
        ...(fails && { error: text }),
        duration: `${Math.round(took)}ms`,
      }),
    )
    return {
      method: 'POST',
      url: url.href,
      headers: { authorization: `Bearer ${settings.token ?? ''}` },
      body: '',
    }
  },
  /** Accepted is 200 with nothing in it; errors are a sentence. */
  read({ status, body }) {
    const text = body.trim()
    if (status === 200)
      return text === ''
        ? { outcome: 'accepted' }
        : { outcome: 'again', why: 'answered 200, but not as Gatus does: perhaps a proxy in between' }
    if (status === 404)
      return { outcome: 'again', why: 'answered 404: there is no external endpoint of this key' }
    if (status === 400 || status === 401)
      return { outcome: 'again', why: `answered ${status}${text.startsWith('<') ? '' : `: ${text}`}` }
    return undefined
  },
}
