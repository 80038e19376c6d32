import type { Listening, ReceiverOptions } from './server.ts'
import { json, listen, object } from './server.ts'

export interface NtfyMessage {
  readonly id: string
  readonly topic: string
  readonly title?: string
  readonly message: string
  readonly priority: number
  readonly tags: readonly string[]
  readonly actions: readonly { readonly action: string; readonly label: string; readonly value?: string }[]
  readonly sequence_id: string
}

export interface NtfyReceiver extends Listening {
  readonly url: string
  /** Everything published, in order. */
  readonly published: readonly NtfyMessage[]
  /** What a phone shows: one a sequence id, the latest. */
  readonly notifications: () => readonly NtfyMessage[]
}

const topic = 'murphy-Topic_1'

/**
 * ntfy's JSON publishing as in its server/ (v2.13 and the sequence ids of v2.16): 8192 bytes of body, 4096
 * of message, a visitor's bucket of requests, access by token or password.
 */
export async function ntfyReceiver(
  options: ReceiverOptions & {
    readonly bucket?: { readonly size: number; readonly every: number }
    /**
     * 2.13: knows no `sequence_id`, and each message is a notification; 2.16 does, and refuses the action `copy`. The
     * default, 2.17, has both.
     */
    readonly version?: 2.13 | 2.16 | 2.17
    /** What the Authorization header has to be. */
    readonly authorization?: string
  } = {},
): Promise<NtfyReceiver> {
  const { bucket = { size: 60, every: 5000 }, authorization, version = 2.17 } = options
  const known = version < 2.17 ? ['view', 'broadcast', 'http'] : ['view', 'broadcast', 'http', 'copy']
  const published: NtfyMessage[] = []
  let tokens = bucket.size
  let filled = Date.now()
  const refuse = (status: number, code: number, error: string) =>
    json(status, { code, http: status, error, link: 'https://ntfy.sh/docs/publish/#limitations' })

  const listening = await listen('ntfy', options, (request) => {
    tokens = Math.min(bucket.size, tokens + (request.at - filled) / bucket.every)
    filled = request.at
    if (tokens < 1) return refuse(429, 42901, 'limit reached: too many requests')
    tokens--
    if (request.method !== 'POST' || request.path !== '/') return refuse(404, 40401, 'page not found')
    if (Buffer.byteLength(request.body) > 8192)
      return refuse(413, 41303, 'request entity too large: JSON body too large')
    const body = object(request.body)
    if (!body) return refuse(400, 40017, 'invalid request: request body must be message JSON')
    if (typeof body.topic !== 'string' || !/^[-_A-Za-z0-9]{1,64}$/.test(body.topic))
      return refuse(400, 40009, 'invalid request: topic invalid')
    if (authorization !== undefined && request.headers.authorization !== authorization)
      return request.headers.authorization
        ? refuse(401, 40101, 'unauthorized')
        : refuse(403, 40301, 'forbidden')
    const { priority = 3, tags = [], title, message = 'triggered', actions = [] } = body
    const sequence = version < 2.16 ? undefined : body.sequence_id
    if (!Number.isInteger(priority) || Number(priority) < 1 || Number(priority) > 5)
      return refuse(400, 40007, 'invalid priority parameter')
    if (typeof message !== 'string' || Buffer.byteLength(message) > 4096)
      return refuse(400, 40014, 'invalid request: attachments not allowed')
    if (sequence !== undefined && !/^[-_A-Za-z0-9]{1,64}$/.test(String(sequence)))
      return refuse(400, 40049, 'invalid request: sequence ID invalid')
    const wrong = wrongAction(actions, known)
    if (wrong) return refuse(400, 40018, `invalid request: actions invalid; ${wrong}`)
    const id = `m${String(published.length + 1).padStart(11, '0')}`
    const it: NtfyMessage = {
      id,
      topic: body.topic,
      ...(typeof title === 'string' && { title }),
      message,
      priority: Number(priority),
      tags: Array.isArray(tags) ? tags.map(String) : [],
      actions: actions as NtfyMessage['actions'],
      sequence_id: sequence === undefined ? id : String(sequence),
    }
    published.push(it)
    const { sequence_id: echoed, ...rest } = it
    return json(200, {
      ...rest,
      ...(version >= 2.16 && { sequence_id: echoed }),
      time: Math.floor(request.at / 1000),
      event: 'message',
    })
  })
  return Object.assign(listening, {
    url: `http://${options.host ?? '127.0.0.1'}:${listening.port}/${topic}`,
    published,
    notifications: () => [...new Map(published.map((it) => [it.sequence_id, it])).values()],
  })
}

/** ntfy, server/actions.go: at most three, each of a known kind, with a label, a URL where it opens one. */
function wrongAction(actions: unknown, known: readonly string[]): string | undefined {
  if (!Array.isArray(actions)) return 'not a list'
  if (actions.length > 3) return 'only 3 actions allowed'
  for (const it of actions) {
    if (!known.includes(it?.action)) return `parameter 'action' cannot be '${it?.action}'`
    if (typeof it.label !== 'string' || it.label === '') return "parameter 'label' is required"
    if (it.action === 'copy' && typeof it.value !== 'string') return "parameter 'value' is required"
    if (it.action === 'view' && !URL.canParse(it.url)) return "parameter 'url' is required"
  }
  return undefined
}
