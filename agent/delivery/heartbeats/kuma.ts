import type { HeartbeatKind } from '../../model/index.ts'

/**
 * A push monitor of Uptime Kuma (server/routers/api-router.js). GET, as version 1 takes nothing else. Any status but `up`
 * is DOWN at once, so nothing is said when the agent starts or stops.
 */
export const kuma: HeartbeatKind = {
  name: 'kuma',
  letter({ kind, fails, took, text }, settings) {
    if (kind === 'start' || kind === 'stop') return undefined
    const url = new URL(settings.url)
    url.search = String(
      new URLSearchParams({ status: fails ? 'down' : 'up', msg: text, ping: String(Math.round(took)) }),
    )
    return { method: 'GET', url: url.href, headers: {}, body: '' }
  },
  /** What it has no route for it answers with 200 and its own page. */
  read({ status, body }) {
    const { ok, msg } = fields(body)
    if (ok === true) return { outcome: 'accepted' }
    if (typeof msg === 'string') return { outcome: 'again', why: `answered ${status}: ${msg}` }
    return status < 300
      ? {
          outcome: 'again',
          why: `answered ${status}, but not as Uptime Kuma does: perhaps a proxy in between`,
        }
      : undefined
  },
}

function fields(text: string): { readonly ok?: unknown; readonly msg?: unknown } {
  try {
    const it: unknown = JSON.parse(text)
    return typeof it === 'object' && it !== null ? it : {}
  } catch {
    return {}
  }
}
