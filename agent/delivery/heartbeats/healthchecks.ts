import type { Beat, HeartbeatKind, HeartbeatSettings } from '../../model/index.ts'

/**
 * healthchecks.io, or a server of one's own (templates/docs/http_api.md there). `/fail` while the node fails, `/<exit
 * status>` where that is asked for. `/start` begins to measure, and an alarm is raised where no success follows within
 * the grace time: so it comes only once a start, if it is wanted. `/log` changes nothing of the check's state.
 */
export const healthchecks: HeartbeatKind = {
  name: 'healthchecks',
  letter(beat, settings) {
    const url = new URL(settings.url)
    url.pathname = url.pathname.replace(/\/+$/, '') + signal(beat, settings)
    return {
      method: 'POST',
      url: url.href,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: beat.text,
    }
  },
  /**
   * For a UUID the hosted service answers 200 whatever became of it, "OK (not found)" and "OK (rate limited)"; for a slug
   * 404, 409 and 429. Any other page with 200 is not its own.
   */
  read({ status, body }) {
    if (status === 404) return { outcome: 'again', why: 'answered 404: there is no such check' }
    if (status === 409) return { outcome: 'again', why: 'answered 409: several checks have this slug' }
    if (status !== 200 && status !== 201) return undefined
    const text = body.trim()
    if (text === 'OK' || text === 'Created') return { outcome: 'accepted' }
    if (text === 'OK (not found)') return { outcome: 'again', why: 'answered that there is no such check' }
    if (text === 'OK (rate limited)')
      return { outcome: 'again', why: 'ignored it: more than five pings in a minute' }
    return {
      outcome: 'again',
      why: `answered ${status}, but not as healthchecks does: perhaps a proxy in between`,
    }
  },
}

function signal({ kind, exit, fails }: Beat, settings: HeartbeatSettings): string {
  if (kind === 'start') return '/start'
  if (kind !== 'alive') return '/log'
  if (settings.report === 'exit-status') return `/${exit}`
  return fails ? '/fail' : ''
}
