import type { Answer, Listening, ReceiverOptions } from './server.ts'
import { listen } from './server.ts'

export interface Ping {
  readonly at: number
  readonly kind: 'success' | 'start' | 'fail' | 'log' | 'ignored'
  readonly exit?: number
  readonly method: string
  readonly body: string
}

export interface HealthchecksReceiver extends Listening {
  /** Of the check, by its UUID. */
  readonly url: string
  /** The same by a slug. */
  readonly slug: string
  readonly pings: readonly Ping[]
  /** What its page shows: by pings alone, not by time. */
  readonly state: () => 'new' | 'started' | 'up' | 'down'
}

const uuid = 'd1665499-e827-441f-bf13-8f15e8f4c0b9'
const key = 'fqOOd6-F4MMNuCEnzTU01w'
/** Bytes of a body that are stored (self_hosted_configuration.md, PING_BODY_LIMIT). */
const bodyLimit = 10_000
const perMinute = 5

/**
 * The pinging API of healthchecks (templates/docs/http_api.md): HEAD, GET and POST; exit statuses 0 to 255; what becomes
 * of an unknown check and of more than five pings in a minute. `hosted`: as healthchecks.io answers for a UUID, with 200
 * whatever became of it.
 */
export async function healthchecksReceiver(
  options: ReceiverOptions & { readonly hosted?: boolean } = {},
): Promise<HealthchecksReceiver> {
  const { hosted = false } = options
  const pings: Ping[] = []
  let state: 'new' | 'started' | 'up' | 'down' = 'new'
  const text = (status: number, body: string): Answer => ({
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'ping-body-limit': String(bodyLimit) },
    body,
  })

  const listening = await listen('healthchecks', options, ({ at, method, path, body }) => {
    if (!['HEAD', 'GET', 'POST'].includes(method)) return text(405, '')
    const of = /^\/ping\/([^/?]+)(?:\/([^/?]+))?(?:\/([^/?]+))?(?:\?.*)?$/.exec(path)
    const [, first = '', second = '', third = ''] = of ?? []
    const byUuid = /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(first)
    const action = byUuid ? second : third
    const exit = /^\d{1,3}$/.test(action) ? Number(action) : undefined
    if (!of || (exit ?? 0) > 255 || (action && exit === undefined && !/^(start|fail|log)$/.test(action)))
      return text(400, 'invalid url format')
    const known = byUuid ? first === uuid : first === key && second === 'node1'
    if (!known) return byUuid && hosted ? text(200, 'OK (not found)') : text(404, 'not found')
    const recent = pings.filter((it) => at - it.at < 60_000).length
    const stored = Buffer.from(body).subarray(0, bodyLimit).toString()
    const ping = (kind: Ping['kind']) =>
      pings.push({ at, kind, method, body: stored, ...(exit !== undefined && { exit }) })
    if (hosted && recent >= perMinute) {
      ping('ignored')
      return byUuid ? text(200, 'OK (rate limited)') : text(429, 'rate limit exceeded')
    }
    if (action === 'log') ping('log')
    else if (action === 'start') {
      ping('start')
      state = 'started'
    } else {
      const failed = action === 'fail' || (exit ?? 0) !== 0
      ping(failed ? 'fail' : 'success')
      state = failed ? 'down' : 'up'
    }
    return text(200, 'OK')
  })
  const root = `http://${options.host ?? '127.0.0.1'}:${listening.port}/ping`
  return Object.assign(listening, {
    url: `${root}/${uuid}`,
    slug: `${root}/${key}/node1`,
    pings,
    state: () => state,
  })
}
