import type { Listening, ReceiverOptions } from './server.ts'
import { json, listen, object } from './server.ts'

export interface NtfyMessage {
  readonly id: string
  readonly topic: string
  readonly title?: string
  readonly message: string
  readonly priority: number
  readonly tags: readonly string[]
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
    /** What the Authorization header has to be. */
    readonly authorization?: string
  } = {},
): Promise<NtfyReceiver> {
  const { bucket = { size: 60, every: 5000 }, authorization } = options
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
    const { priority = 3, tags = [], title, message = 'triggered', sequence_id: sequence } = body
    if (!Number.isInteger(priority) || Number(priority) < 1 || Number(priority) > 5)
      return refuse(400, 40007, 'invalid priority parameter')
    if (typeof message !== 'string' || Buffer.byteLength(message) > 4096)
      return refuse(400, 40014, 'invalid request: attachments not allowed')
    if (sequence !== undefined && !/^[-_A-Za-z0-9]{1,64}$/.test(String(sequence)))
      return refuse(400, 40049, 'invalid request: sequence ID invalid')
    const id = `m${String(published.length + 1).padStart(11, '0')}`
    const it: NtfyMessage = {
      id,
      topic: body.topic,
      ...(typeof title === 'string' && { title }),
      message,
      priority: Number(priority),
      tags: Array.isArray(tags) ? tags.map(String) : [],
      sequence_id: sequence === undefined ? id : String(sequence),
    }
    published.push(it)
    return json(200, { ...it, time: Math.floor(request.at / 1000), event: 'message' })
  })
  return Object.assign(listening, {
    url: `http://${options.host ?? '127.0.0.1'}:${listening.port}/${topic}`,
    published,
    notifications: () => [...new Map(published.map((it) => [it.sequence_id, it])).values()],
  })
}
