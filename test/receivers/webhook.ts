import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Listening, ReceiverOptions } from './server.ts'
import { json, listen, object } from './server.ts'

export interface WebhookEvent {
  readonly id: string
  readonly type: string
  readonly data: Record<string, unknown>
}

export interface WebhookReceiver extends Listening {
  readonly url: string
  /** Each webhook-id once. */
  readonly events: readonly WebhookEvent[]
  /** How many came again with a known webhook-id. */
  readonly again: () => number
}

/** 24 bytes, as Standard Webhooks asks for at least. */
export const webhookSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

const tolerance = 5 * 60_000

/** A receiver as Standard Webhooks 1.0.0 asks of one: signature, age, and each id once. */
export async function webhookReceiver(
  options: ReceiverOptions & { readonly secret?: string } = {},
): Promise<WebhookReceiver> {
  const { secret } = options
  const events: WebhookEvent[] = []
  let again = 0
  const listening = await listen('webhook', options, (request) => {
    const { 'webhook-id': id, 'webhook-timestamp': stamp, 'webhook-signature': signatures } = request.headers
    if (typeof id !== 'string' || typeof stamp !== 'string' || !/^\d{1,12}$/.test(stamp))
      return json(400, { error: 'no webhook-id or webhook-timestamp' })
    if (Math.abs(request.at - Number(stamp) * 1000) > tolerance)
      return json(400, { error: 'too old or too new' })
    if (secret !== undefined && !signed(secret, `${id}.${stamp}.${request.body}`, String(signatures ?? '')))
      return json(401, { error: 'the signature is wrong' })
    if (Buffer.byteLength(request.body) > 20_000) return json(413, { error: 'over 20 kB' })
    const body = object(request.body)
    if (!body || typeof body.type !== 'string' || typeof body.timestamp !== 'string' || !body.data)
      return json(400, { error: 'not {type, timestamp, data}' })
    if (events.some((it) => it.id === id)) again++
    else events.push({ id, type: body.type, data: body.data as Record<string, unknown> })
    return { status: 204 }
  })
  return Object.assign(listening, {
    url: `http://${options.host ?? '127.0.0.1'}:${listening.port}/hooks/Murphy-Secret-Path`,
    events,
    again: () => again,
  })
}

function signed(secret: string, text: string, signatures: string): boolean {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret)
  const expected = createHmac('sha256', key).update(text).digest()
  return signatures.split(' ').some((it) => {
    const given = Buffer.from(it.replace(/^v1,/, ''), 'base64')
    return it.startsWith('v1,') && given.length === expected.length && timingSafeEqual(given, expected)
  })
}
