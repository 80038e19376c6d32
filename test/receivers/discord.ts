import type { Answer, Arrived, Listening, ReceiverOptions } from './server.ts'
import { json, listen, object } from './server.ts'

export interface DiscordMessage {
  readonly id: string
  readonly content: string
  readonly embeds: readonly Embed[]
  readonly edits: number
}

export interface Embed {
  readonly title?: string
  readonly description?: string
  readonly color?: number
  readonly fields?: readonly { readonly name: string; readonly value: string }[]
  readonly footer?: { readonly text: string }
  readonly author?: { readonly name: string }
}

export interface DiscordReceiver extends Listening {
  /** As Discord hands it out: without a version. */
  readonly url: string
  /** The channel, oldest first. */
  readonly messages: () => readonly DiscordMessage[]
  /** A user deletes a message. */
  remove(id: string): void
}

const id = '123456789012345678'
const token = 'wE6hook_token-AbCdEf0123456789'

/**
 * Discord's webhooks as documented (resources/webhook, resources/message, topics/rate-limits): API v10 only,
 * every limit of an embed, the form of the User-Agent, 5 requests in 2 s, and codes 50035, 10015, 10008.
 * Stricter than Discord in one thing: a message that could mention anyone is refused.
 */
export async function discordReceiver(
  options: ReceiverOptions & { readonly rate?: { readonly requests: number; readonly per: number } } = {},
): Promise<DiscordReceiver> {
  const { rate = { requests: 5, per: 2000 } } = options
  const messages = new Map<string, DiscordMessage>()
  let bucket: { remaining: number; until: number } = { remaining: rate.requests, until: 0 }
  let count = 0

  const listening = await listen('discord', options, (request) => {
    if (!/^DiscordBot \(\S+, [^)]+\)/.test(request.headers['user-agent'] ?? ''))
      return json(403, { message: 'internal network error', code: 40333 })
    const path = /^\/api(\/v\d+)?\/webhooks\/(\d+)\/([\w-]+)(?:\/messages\/(\d+))?(\?.*)?$/.exec(request.path)
    if (!path) return json(404, { message: '404: Not Found', code: 0 })
    // v6, the default: errors that say nothing.
    if (path[1] !== '/v10') return json(400, { embeds: ['0'] })
    if (path[2] !== id || path[3] !== token) return json(404, { message: 'Unknown Webhook', code: 10015 })
    const limited = take(request.at)
    return limited ?? { ...handle(request, path[4], path[5] ?? ''), headers: headers(request.at) }
  })

  function take(at: number): Answer | undefined {
    if (at >= bucket.until) bucket = { remaining: rate.requests, until: at + rate.per }
    if (bucket.remaining-- > 0) return undefined
    bucket.remaining = 0
    const seconds = (bucket.until - at) / 1000
    return json(
      429,
      { message: 'You are being rate limited.', retry_after: seconds, global: false },
      { ...headers(at), 'retry-after': String(Math.ceil(seconds)), 'x-ratelimit-scope': 'user' },
    )
  }
  const headers = (at: number) => ({
    'content-type': 'application/json',
    'x-ratelimit-limit': String(rate.requests),
    'x-ratelimit-remaining': String(Math.max(0, bucket.remaining)),
    'x-ratelimit-reset-after': String(Math.max(0, bucket.until - at) / 1000),
    'x-ratelimit-bucket': 'abcd',
  })

  function handle(request: Arrived, edited: string | undefined, query: string): Answer {
    const body = object(request.body)
    const wrong = problems(body)
    if (wrong.length > 0)
      return json(400, { message: `Invalid Form Body: ${wrong.join('; ')}`, code: 50035, errors: {} })
    const { content = '', embeds = [] } = body as { content?: string; embeds?: readonly Embed[] }
    if (request.method === 'PATCH') {
      const known = messages.get(edited ?? '')
      if (!known) return json(404, { message: 'Unknown Message', code: 10008 })
      const next = { ...known, content, embeds, edits: known.edits + 1 }
      messages.set(known.id, next)
      return json(200, next)
    }
    if (request.method !== 'POST' || edited) return json(405, { message: '405: Method Not Allowed', code: 0 })
    count++
    const message = { id: String(1_100_000_000_000_000_000n + BigInt(count)), content, embeds, edits: 0 }
    messages.set(message.id, message)
    return query.includes('wait=true') ? json(200, { ...message, channel_id: '1' }) : { status: 204 }
  }

  return Object.assign(listening, {
    url: `http://${options.host ?? '127.0.0.1'}:${listening.port}/api/webhooks/${id}/${token}`,
    messages: () => [...messages.values()],
    remove: (message: string) => void messages.delete(message),
  })
}

/** What Discord would refuse in a message. Lengths are counted in UTF-16 units, the strictest reading. */
export function problems(body: Record<string, unknown> | undefined): readonly string[] {
  if (!body) return ['not JSON']
  const {
    content = '',
    embeds = [],
    allowed_mentions: mentions,
  } = body as {
    content?: string
    embeds?: readonly Embed[]
    allowed_mentions?: { parse?: unknown[] }
  }
  const long = (what: string, text: string | undefined, most: number) =>
    text !== undefined && text.trim().length > most ? [`${what} has ${text.trim().length} of ${most}`] : []
  const empty = (what: string, text: string) => (text.trim() === '' ? [`${what} is empty`] : [])
  const total = embeds.flatMap((it) => [
    it.title,
    it.description,
    it.footer?.text,
    it.author?.name,
    ...(it.fields ?? []).flatMap((field) => [field.name, field.value]),
  ])
  return [
    ...(Array.isArray(mentions?.parse) && mentions.parse.length === 0
      ? []
      : ['allowed_mentions.parse is not []']),
    ...(content === '' && embeds.length === 0 ? ['nothing in it'] : []),
    ...(JSON.stringify(body).isWellFormed() && !/\\ud[89a-f][0-9a-f]{2}/i.test(JSON.stringify(body))
      ? []
      : ['half a surrogate pair']),
    ...long('content', content, 2000),
    ...(embeds.length > 10 ? ['more than 10 embeds'] : []),
    ...embeds.flatMap((it) => [
      ...long('title', it.title, 256),
      ...long('description', it.description, 4096),
      ...long('footer', it.footer?.text, 2048),
      ...long('author', it.author?.name, 256),
      ...((it.fields?.length ?? 0) > 25 ? ['more than 25 fields'] : []),
      ...(it.fields ?? []).flatMap((field) => [
        ...empty('field.name', field.name),
        ...empty('field.value', field.value),
        ...long('field.name', field.name, 256),
        ...long('field.value', field.value, 1024),
      ]),
    ]),
    ...long('all embeds together', total.map((it) => (it ?? '').trim()).join(''), 6000),
  ]
}
