import type { Answer, Listening, ReceiverOptions } from './server.ts'
import { json, listen, object } from './server.ts'

export interface MatrixEvent {
  readonly id: string
  readonly content: Readonly<Record<string, unknown>>
}

export interface MatrixReceiver extends Listening {
  readonly settings: { readonly url: string; readonly token: string; readonly room: string }
  /** All events of the room, oldest first. */
  readonly events: () => readonly MatrixEvent[]
  /** What people see: each message once, as it was edited last. */
  readonly shown: () => readonly string[]
  /** The bot is no longer in the room. */
  trouble: 'left' | undefined
}

const token = 's3cr3t-t0ken'
const room = '!room:matrix.example'

/**
 * A homeserver's sending of messages (client-server API): 65 536 bytes an event, the same transaction gives the same
 * event, ten messages at once and then 429 with Retry-After, and `m.replace` of one's own events only.
 */
export async function matrixReceiver(
  options: ReceiverOptions & {
    readonly rate?: { readonly burst: number; readonly every: number }
    /** Before version 1.10 only the body said how long to wait. */
    readonly header?: boolean
  } = {},
): Promise<MatrixReceiver> {
  const { rate = { burst: 10, every: 200 }, header = true } = options
  const events = new Map<string, MatrixEvent>()
  let tokens = rate.burst
  let filled = Date.now()
  const refuse = (status: number, errcode: string, error: string, more = {}, headers = {}) =>
    json(status, { errcode, error, ...more }, headers)

  const listening = await listen('matrix', options, (request) => {
    if (request.headers.authorization !== `Bearer ${token}`)
      return refuse(401, 'M_UNKNOWN_TOKEN', 'Invalid access token passed.', { soft_logout: false })
    const [, where = '', transaction = ''] =
      /^\/_matrix\/client\/v3\/rooms\/([^/]+)\/send\/m\.room\.message\/([^/?]+)$/.exec(request.path) ?? []
    if (request.method !== 'PUT' || where === '') return refuse(404, 'M_UNRECOGNIZED', 'Unrecognized request')
    if (decodeURIComponent(where) !== room || receiver.trouble === 'left')
      return refuse(403, 'M_FORBIDDEN', 'User @bot:matrix.example not in room')
    const known = events.get(transaction)
    if (known) return json(200, { event_id: known.id })
    tokens = Math.min(rate.burst, tokens + (request.at - filled) / rate.every)
    filled = request.at
    if (tokens < 1) {
      const wait = Math.ceil((1 - tokens) * rate.every)
      return refuse(
        429,
        'M_LIMIT_EXCEEDED',
        'Too Many Requests',
        { retry_after_ms: wait },
        {
          ...(header && { 'retry-after': String(Math.ceil(wait / 1000)) }),
        },
      )
    }
    tokens--
    return send(transaction, request.body)
  })

  function send(transaction: string, text: string): Answer {
    if (Buffer.byteLength(text) > 65_536 - 1000) return refuse(413, 'M_TOO_LARGE', 'event too large')
    const content = object(text)
    if (!content) return refuse(400, 'M_NOT_JSON', 'Content not JSON.')
    if (typeof content.body !== 'string' || !/^m\.(text|notice)$/.test(String(content.msgtype)))
      return refuse(400, 'M_BAD_JSON', 'no body or msgtype')
    const { rel_type: kind, event_id: of } = relation(content)
    if (kind === 'm.replace' && ![...events.values()].some(({ id }) => id === of))
      return refuse(400, 'M_UNKNOWN', 'Cannot send edit: no such event')
    const id = `$event${events.size}:matrix.example`
    events.set(transaction, { id, content })
    return json(200, { event_id: id })
  }

  const receiver: MatrixReceiver = Object.assign(listening, {
    settings: { url: `http://${options.host ?? '127.0.0.1'}:${listening.port}`, token, room },
    events: () => [...events.values()],
    shown: () =>
      [...events.values()]
        .filter(({ content }) => relation(content).rel_type !== 'm.replace')
        .map(({ id, content }) => {
          const edit = [...events.values()].findLast(
            ({ content: it }) => relation(it).event_id === id && relation(it).rel_type,
          )
          const last = (edit?.content['m.new_content'] ?? content) as { body: string }
          return last.body
        }),
    trouble: undefined,
  })
  return receiver
}

const relation = (content: Readonly<Record<string, unknown>>) =>
  (content['m.relates_to'] ?? {}) as { rel_type?: string; event_id?: string }
