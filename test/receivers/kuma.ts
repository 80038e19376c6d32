import type { Listening, ReceiverOptions } from './server.ts'
import { json, listen } from './server.ts'

export interface KumaReceiver extends Listening {
  readonly url: string
  readonly beats: readonly {
    readonly at: number
    readonly status: 'UP' | 'DOWN'
    readonly msg: string
    readonly ping: number | null
  }[]
}

const token = 'wKcFl3O9ziJDuN6eAB08P74yxgE2qRaS'
const page = '<!DOCTYPE html><html><head><title>Uptime Kuma</title></head></html>'

/**
 * A push monitor of Uptime Kuma (server/routers/api-router.js). Version 1 takes GET alone; whatever no route is for gets
 * the page of its frontend, with 200. Every status but `up` is DOWN.
 */
export async function kumaReceiver(
  options: ReceiverOptions & { readonly version?: 1 | 2 } = {},
): Promise<KumaReceiver> {
  const { version = 2 } = options
  const beats: KumaReceiver['beats'][number][] = []
  const listening = await listen('kuma', options, ({ at, method, path }) => {
    const url = new URL(path, 'http://kuma')
    const [, asked] = /^\/api\/push\/([^/]+)$/.exec(url.pathname) ?? []
    if (asked === undefined || (version === 1 && method !== 'GET'))
      return { status: 200, headers: { 'content-type': 'text/html' }, body: page }
    if (asked !== token) return json(404, { ok: false, msg: 'Monitor not found or not active.' })
    const query = url.searchParams
    const ping = Number.parseFloat(query.get('ping') ?? '')
    beats.push({
      at,
      status: (query.get('status') ?? 'up') === 'up' ? 'UP' : 'DOWN',
      msg: query.get('msg') ?? 'OK',
      ping: Number.isNaN(ping) ? null : ping,
    })
    return json(200, { ok: true })
  })
  return Object.assign(listening, {
    url: `http://${options.host ?? '127.0.0.1'}:${listening.port}/api/push/${token}`,
    beats,
  })
}
