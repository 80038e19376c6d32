import type { Answer, Listening, ReceiverOptions } from './server.ts'
import { listen } from './server.ts'

export interface GatusReceiver extends Listening {
  readonly url: string
  readonly token: string
  readonly results: readonly {
    readonly at: number
    readonly success: boolean
    readonly errors: readonly string[]
  }[]
}

const token = 'potato-Secret_token-0123456789'

/** An external endpoint of Gatus (api/external_endpoint.go): in this order, success, token, key, duration. */
export async function gatusReceiver(options: ReceiverOptions = {}): Promise<GatusReceiver> {
  const results: GatusReceiver['results'][number][] = []
  const text = (status: number, body: string): Answer => ({
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body,
  })
  const listening = await listen('gatus', options, ({ at, method, path, headers }) => {
    const url = new URL(path, 'http://gatus')
    const [, key] = /^\/api\/v1\/endpoints\/([^/]+)\/external$/.exec(url.pathname) ?? []
    if (method !== 'POST' || key === undefined) return text(404, 'Cannot find it')
    const query = url.searchParams
    const success = query.get('success')
    if (success !== 'true' && success !== 'false')
      return text(400, 'missing or invalid success query parameter')
    const { authorization = '' } = headers
    if (!authorization.startsWith('Bearer ')) return text(401, 'invalid Authorization header')
    if (authorization.slice(7).trim() === '') return text(401, 'bearer token must not be empty')
    if (key !== 'nodes_node1') return text(404, 'not found')
    if (authorization.slice(7).trim() !== token) return text(401, 'invalid token')
    const duration = query.get('duration') ?? ''
    // Go's time.ParseDuration.
    if (duration !== '' && !/^(?:\d+(?:\.\d+)?(?:ns|us|ms|s|m|h))+$/.test(duration))
      return text(400, `invalid duration: time: invalid duration "${duration}"`)
    const error = query.get('error') ?? ''
    results.push({ at, success: success === 'true', errors: success === 'false' && error ? [error] : [] })
    return text(200, '')
  })
  return Object.assign(listening, {
    url: `http://${options.host ?? '127.0.0.1'}:${listening.port}/api/v1/endpoints/nodes_node1/external`,
    token,
    results,
  })
}
