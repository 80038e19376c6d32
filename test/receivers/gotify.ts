import type { Listening, ReceiverOptions } from './server.ts'
import { json, listen, object } from './server.ts'

export interface GotifyMessage {
  readonly id: number
  readonly title: string
  readonly message: string
  readonly priority: number
  readonly extras?: Readonly<Record<string, unknown>>
}

export interface GotifyReceiver extends Listening {
  readonly settings: { readonly url: string; readonly token: string }
  readonly messages: readonly GotifyMessage[]
}

const token = 's3cr3t-t0ken'

/** gotify/server as its docs/spec.json has it: a message has a text, a whole priority, and an application's token. */
export async function gotifyReceiver(options: ReceiverOptions = {}): Promise<GotifyReceiver> {
  const messages: GotifyMessage[] = []
  const refuse = (status: number, error: string, errorDescription: string) =>
    json(status, { error, errorCode: status, errorDescription })
  const listening = await listen('gotify', options, (request) => {
    if (request.method !== 'POST' || request.path !== '/message')
      return refuse(404, 'Not Found', 'page not found')
    if (request.headers['x-gotify-key'] !== token)
      return refuse(
        401,
        'Unauthorized',
        'you need to provide a valid access token or user credentials to access this api',
      )
    const body = object(request.body)
    if (typeof body?.message !== 'string' || body.message === '')
      return refuse(400, 'Bad Request', "Field 'message' is required")
    const { title, message, priority = 0, extras } = body
    if (!Number.isInteger(priority)) return refuse(400, 'Bad Request', 'priority is no integer')
    // As long as a TEXT of MySQL.
    if (Buffer.byteLength(message) > 65_535) return refuse(500, 'Internal Server Error', 'Data too long')
    const it = {
      id: messages.length + 1,
      appid: 1,
      title: String(title),
      message,
      priority: Number(priority),
    }
    messages.push({
      ...it,
      ...(extras !== undefined && { extras: extras as object as Record<string, unknown> }),
    })
    return json(200, { ...it, date: new Date(request.at).toISOString() })
  })
  return Object.assign(listening, {
    settings: { url: `http://${options.host ?? '127.0.0.1'}:${listening.port}`, token },
    messages,
  })
}
